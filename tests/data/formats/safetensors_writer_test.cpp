// SPDX-License-Identifier: Apache-2.0
// What the writer writes is what the reader reads, always the same bytes, or nothing.
#include "data/formats/safetensors_writer.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/formats/open_weights.h"
#include "tests/data/formats/built_bytes.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace lorasweep {
namespace {

using testing::ElementsAre;

TEST(SafetensorsWriter, WritesTheseBytes) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "f";
  write_safetensors(path, {{"b", {{2}, {1, 2}}}, {"a", {{}, {3}}}}, {{"format", "pt"}});
  std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  EXPECT_EQ(read_file(path, 1000), safetensors_bytes(header, f32_bytes({3, 1, 2})));
}

TEST(SafetensorsWriter, RoundTripsEveryBit) {
  const TemporaryFolder folder;
  const std::vector<float> odd = {-0.0f,
                                  std::numeric_limits<float>::denorm_min(),
                                  std::numeric_limits<float>::max(),
                                  -std::numeric_limits<float>::infinity(),
                                  0.1f,
                                  1e-30f};
  write_safetensors(folder.path() / "f", {{"w", {{2, 3}, odd}}, {"empty", {{0, 4}, {}}}});
  const auto file = open_weights(folder.path() / "f");
  EXPECT_EQ(f32_bytes(file->read("w").values), f32_bytes(odd));
  EXPECT_THAT(file->read("w").shape, ElementsAre(2, 3));
  EXPECT_THAT(file->read("empty").shape, ElementsAre(0, 4));
}

TEST(SafetensorsWriter, WritesAnEmptyTable) {
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "f", {});
  EXPECT_TRUE(open_weights(folder.path() / "f")->tensors().empty());
}

TEST(SafetensorsWriter, KeepsTheOldFileWhereItCannotWrite) {
  const TemporaryFolder folder;
  folder.write("f", "old");
  EXPECT_THROW(write_safetensors(folder.path() / "f", {{"w", {{2}, {1}}}}), InternalError);
  EXPECT_EQ(read_file(folder.path() / "f", 1000), "old");
  EXPECT_THROW(write_safetensors(folder.path() / "no/f", {}), StorageError);
}

}  // namespace
}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Real files in both formats hold the same values; a file is known by its content; what cannot be read says
// what to do.
#include "data/formats/weight_file.h"

#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/open_weights.h"
#include "data/formats/safetensors_writer.h"
#include "data/formats/weights_of_directory.h"
#include "tests/data/formats/built_bytes.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

const std::filesystem::path demo = LORASWEEP_DEMO_DIR, golden = LORASWEEP_GOLDEN_DIR;

Refusal refusal_of_content(std::string_view content) {
  const TemporaryFolder folder;
  return refusal_of([&] { open_weights(folder.write("adapter_model.bin", content)); });
}

TEST(WeightFile, TorchArchivesOfTheDemoEqualTheirSafetensors) {
  int compared = 0;
  for (const auto& adapter : std::filesystem::directory_iterator(demo / "adapters")) {
    if (!std::filesystem::exists(adapter.path() / "adapter_model.bin")) continue;
    const auto archive = open_weights(adapter.path() / "adapter_model.bin"),
               table = open_weights(adapter.path() / "adapter_model.safetensors");
    ASSERT_EQ(archive->tensors().size(), table->tensors().size());
    for (const TensorInfo& info : table->tensors()) {
      const Tensor expected = table->read(info.name), actual = archive->read(info.name);
      EXPECT_EQ(actual.shape, expected.shape) << info.name;
      EXPECT_EQ(actual.values, expected.values) << info.name;
    }
    ++compared;
  }
  EXPECT_EQ(compared, 6);
}

TEST(WeightFile, TheDemoBaseIsOpenedFromItsDirectory) {
  const auto base = open_weights_of_directory(demo / "base", "model", "pytorch_model");
  ASSERT_NE(base->find("shared.weight"), nullptr);
  for (const TensorInfo& info : base->tensors()) {
    const Tensor tensor = base->read(info.name);
    EXPECT_EQ(tensor.shape, info.shape);
    EXPECT_EQ(tensor.values.size(), element_count(info.shape));
    EXPECT_TRUE(std::ranges::all_of(tensor.values, [](float v) { return std::abs(v) < 1e4f; })) << info.name;
  }
  EXPECT_THAT(base->files(), ElementsAre(demo / "base/model.safetensors"));
}

TEST(WeightFile, GoldensOfTheReferenceAreReadInFull) {
  for (const char* name : {"compose_0", "compose_1", "compose_2", "forward_base"}) {
    const auto file = open_weights(golden / "oracle" / (std::string(name) + ".safetensors"));
    EXPECT_FALSE(file->tensors().empty());
    for (const TensorInfo& info : file->tensors()) {
      const std::size_t count =
          info.dtype == DType::i64 ? file->read_integers(info.name).size() : file->read(info.name).values.size();
      EXPECT_EQ(count, element_count(info.shape)) << info.name;
    }
  }
}

TEST(WeightFile, IsKnownByContentAndNotByName) {
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "adapter_model.bin", {{"w", {{1}, {2}}}});
  EXPECT_THAT(open_weights(folder.path() / "adapter_model.bin")->read("w").values, ElementsAre(2));
}

TEST(WeightFile, RefusesOldPicklesWithTheRemedy) {
  // The first bytes of torch.save before PyTorch 1.6: a pickled magic number.
  const std::string legacy =
      std::string("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.", 20);
  EXPECT_THAT(refusal_of_content(legacy), AllOf(Refused(ExitCode::bad_input, "adapter_model.bin", {"pickle", "1.6"}),
                                                Field(&Refusal::remedy, HasSubstr("safetensors"))));
  EXPECT_THAT(refusal_of_content("\x80\x04\x95"), Refused(ExitCode::bad_input, "adapter_model.bin", {"pickle", "1.6"}));
}

TEST(WeightFile, RefusesWhatIsOftenFoundInstead) {
  EXPECT_THAT(refusal_of_content("version https://git-lfs.github.com/spec/v1\n"),
              AllOf(Refused(ExitCode::bad_input, "adapter_model.bin", {"Git LFS"}),
                    Field(&Refusal::remedy, HasSubstr("git lfs pull"))));
  EXPECT_THAT(refusal_of_content("\x89HDF\r\n\x1a\n0000"), Refused(ExitCode::bad_input, "adapter_model.bin", {"HDF5"}));
  const std::vector<std::pair<const char*, std::vector<std::string>>> contents = {
      {"x", {"safetensors", "torch archive"}},
      {"", {"empty"}},
      {"<!DOCTYPE html><html>", {"web page"}},
      {"7z\xbc\xaf\x27\x1c", {"7z archive"}},
      {"\x1f\x8b\x08", {"gzip"}}};
  for (const auto& [content, facts] : contents)
    EXPECT_THAT(refusal_of_content(content), Refused(ExitCode::bad_input, "adapter_model.bin", facts)) << content;
}

TEST(WeightFile, RefusesAPathThatIsNoFile) {
  EXPECT_THAT(refusal_of([] { open_weights(demo); }),
              Reported(ExitCode::bad_input, LORASWEEP_DEMO_DIR, {"regular file"}));
  EXPECT_THAT(refusal_of([] { open_weights(demo / "missing"); }), Refused(ExitCode::bad_input, "missing", {"opened"}));
}

TEST(WeightDirectory, PrefersSafetensorsThenTorchThenTheirShards) {
  const TemporaryFolder folder;
  const auto value = [&] {
    return open_weights_of_directory(folder.path(), "model", "pytorch_model")->read("w").values.at(0);
  };
  const auto write = [&](const char* name, float w) { write_safetensors(folder.path() / name, {{"w", {{1}, {w}}}}); };
  EXPECT_THAT(refusal_of(value), Refused(ExitCode::bad_input, "", {"model.safetensors", "pytorch_model.bin"}));
  write("shard-1", 4);
  folder.write("pytorch_model.bin.index.json", R"({"weight_map": {"w": "shard-1"}})");
  EXPECT_EQ(value(), 4);
  write("pytorch_model.bin", 3);
  EXPECT_EQ(value(), 3);
  write("shard-2", 2);
  folder.write("model.safetensors.index.json", R"({"weight_map": {"w": "shard-2"}})");
  EXPECT_EQ(value(), 2);
  write("model.safetensors", 1);
  EXPECT_EQ(value(), 1);
}

TEST(WeightDirectory, MustBeADirectory) {
  EXPECT_THAT(refusal_of([] { open_weights_of_directory(demo / "missing", "model", "pytorch_model"); }),
              Refused(ExitCode::bad_input, "missing", {"directory"}));
}

TEST(WeightFile, NeverMisreadsAFlippedBitOfATorchArchive) {
  const TemporaryFolder folder;
  const std::string whole = zip_bytes({{.name = "x/data.pkl", .content = pickled::state_dict(pickled::tensor())},
                                       {.name = "x/data/0", .content = f32_bytes({0, 1, 2, 3, 4, 5})}},
                                      {.zip64 = true});
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    refusal_of([&] {
      const auto file = open_weights(folder.write("f", flipped));
      EXPECT_THAT(file->read("w").values, ElementsAre(0, 1, 2, 3, 4, 5)) << bit;
    });
  }
}

}  // namespace
}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Tensors of a torch archive by their strides, and archives whose pickle and storages disagree.
#include "data/formats/torch_archive.h"

#include "tests/data/core/temporary_folder.h"
#include "tests/data/formats/built_bytes.h"
#include "tests/data/formats/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using pickled::TensorParts;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class TorchArchives : public testing::Test {
 protected:
  TorchArchive open(const std::vector<ZipItem>& items) const {
    return TorchArchive(RandomAccessFile(folder_.write("f", zip_bytes(items, {.zip64 = true}))));
  }
  /// One tensor "w" over the storage 0, 1, 2, 3, 4, 5.
  TorchArchive open(const TensorParts& parts) const { return open(archive(parts)); }
  static std::vector<ZipItem> archive(const TensorParts& parts = {}) {
    return {{.name = "x/data.pkl", .content = pickled::state_dict(pickled::tensor(parts))},
            {.name = "x/data/0", .content = f32_bytes({0, 1, 2, 3, 4, 5})},
            {.name = "x/version", .content = "3\n"}};
  }
  template <typename Content>
  std::string refusal(const Content& content) const {
    return refusal_of([&] { open(content); });
  }
  std::string refusal_with(ZipItem item) const {
    auto items = archive();
    items.push_back(std::move(item));
    return refusal(items);
  }
  TemporaryFolder folder_;
};

TEST_F(TorchArchives, AreReadByName) {
  const TorchArchive file = open(TensorParts{});
  EXPECT_THAT(file.read("w").values, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(file.read("w").shape, ElementsAre(2, 3));
  EXPECT_THAT(refusal_of([&] { file.read("v"); }), HasSubstr("has no tensor v"));
}

TEST_F(TorchArchives, GatherTransposedTensors) {
  EXPECT_THAT(open(TensorParts{.shape = {3, 2}, .strides = {1, 3}}).read("w").values, ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(open(TensorParts{.shape = {1, 3, 2}, .strides = {99, 1, 3}}).read("w").values,
              ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST_F(TorchArchives, ReadPartsOfAStorage) {
  EXPECT_THAT(open(TensorParts{.offset = 2, .shape = {2, 2}, .strides = {2, 1}}).read("w").values,
              ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(open(TensorParts{.offset = 2, .shape = {2, 2}, .strides = {1, 2}}).read("w").values,
              ElementsAre(2, 4, 3, 5));
  EXPECT_THAT(open(TensorParts{.offset = 5, .shape = {}, .strides = {}}).read("w").values, ElementsAre(5));
  EXPECT_TRUE(open(TensorParts{.offset = 6, .shape = {0, 3}, .strides = {3, 1}}).read("w").values.empty());
}

TEST_F(TorchArchives, GiveIntegersAsIntegers) {
  const TorchArchive file =
      open({{.name = "x/data.pkl",
             .content = pickled::state_dict(
                 pickled::tensor({.storage_type = "LongStorage", .elements = 2, .shape = {2}, .strides = {1}}))},
            {.name = "x/data/0", .content = little_endian(static_cast<std::uint64_t>(-3), 8) + little_endian(9, 8)},
            {.name = "x/version", .content = "3\n"}});
  EXPECT_THAT(file.read_integers("w"), ElementsAre(-3, 9));
  EXPECT_THAT(refusal_of([&] { file.read("w"); }), HasSubstr("i64"));
}

TEST_F(TorchArchives, AreRefusedWhereAStorageHasAnotherSize) {
  EXPECT_THAT(refusal(TensorParts{.elements = 7}),
              AllOf(HasSubstr("tensor w"), HasSubstr("claims a storage of 7 elements")));
  EXPECT_THAT(refusal(TensorParts{.elements = 5, .shape = {5}, .strides = {1}}),
              HasSubstr("claims a storage of 5 elements"));
  EXPECT_THAT(refusal(TensorParts{.storage_type = "DoubleStorage"}), HasSubstr("claims a storage"));
  EXPECT_THAT(refusal(TensorParts{.elements = std::int64_t{1} << 62}),
              HasSubstr("claims a storage"));  // times 4 is 0
}

TEST_F(TorchArchives, AreRefusedWithoutTheStorage) {
  EXPECT_THAT(refusal(TensorParts{.key = "1"}), HasSubstr("storage 1, which is missing"));
}

TEST_F(TorchArchives, AreRefusedWhereATensorLeavesItsStorage) {
  EXPECT_THAT(refusal(TensorParts{.offset = 1}), HasSubstr("does not fit its storage of 6"));
  EXPECT_THAT(refusal(TensorParts{.offset = INT64_MAX}), HasSubstr("does not fit"));
  EXPECT_THAT(refusal(TensorParts{.shape = {7}, .strides = {1}}), HasSubstr("does not fit"));
  EXPECT_THAT(refusal(TensorParts{.shape = {3, std::int64_t{1} << 62}, .strides = {std::int64_t{1} << 62, 1}}),
              HasSubstr("does not fit"));
  EXPECT_THAT(refusal(TensorParts{.shape = {std::int64_t{1} << 32, std::int64_t{1} << 32}, .strides = {1, 1}}),
              HasSubstr("more elements than can be counted"));
}

TEST_F(TorchArchives, AreRefusedWithStridesThatShareOrSkipElements) {
  EXPECT_THAT(refusal(TensorParts{.shape = {2, 3}, .strides = {0, 1}}), HasSubstr("share or skip"));
  EXPECT_THAT(refusal(TensorParts{.shape = {2, 3}, .strides = {1, 1}}), HasSubstr("share or skip"));
  EXPECT_THAT(refusal(TensorParts{.shape = {3}, .strides = {2}}), HasSubstr("share or skip"));
}

TEST_F(TorchArchives, AreRefusedWithoutOneDataPkl) {
  EXPECT_THAT(refusal(std::vector<ZipItem>{{.name = "x/data/0", .content = ""}}), HasSubstr("it has no data.pkl"));
  EXPECT_THAT(refusal(std::vector<ZipItem>{{.name = "data.pkl", .content = ""}}), HasSubstr("it has no data.pkl"));
  EXPECT_THAT(refusal_with({.name = "y/data.pkl", .content = ""}), HasSubstr("more than one data.pkl"));
}

TEST_F(TorchArchives, AreRefusedWhereEntriesLieInTwoFolders) {
  auto items = archive();
  for (ZipItem& item : items) item.name = "a/b" + item.name.substr(1);
  EXPECT_THAT(refusal(items), HasSubstr("one folder"));
  EXPECT_THAT(refusal_with({.name = "other", .content = ""}), HasSubstr("one folder"));
  EXPECT_THAT(refusal_with({.name = "xx/data/1", .content = ""}), HasSubstr("one folder"));
}

TEST_F(TorchArchives, AreRefusedWithoutAVersionThatPyTorchReads) {
  const auto with_version = [&](const std::string& version) {
    auto items = archive();
    items.back().content = version;
    return refusal(items);
  };
  for (const char* version : {"1", "2", "3", "3\n", "10\n"}) EXPECT_EQ(with_version(version), "accepted") << version;
  for (const char* version : {"", "\n", "0", "11", "9999\n", "3\n\n", " 3", "+3", "-1", "3x", "x"})
    EXPECT_THAT(with_version(version), HasSubstr("x/version")) << version;
  auto items = archive();
  items.pop_back();
  EXPECT_THAT(refusal(items), HasSubstr("no version"));
  EXPECT_THAT(refusal_with({.name = "x/.data/version", .content = "99"}), HasSubstr(".data/version"));
}

TEST_F(TorchArchives, HoldWhatPyTorchWritesAndNothingElse) {
  EXPECT_EQ(refusal_with({.name = "x/.format_version", .content = "1"}), "accepted");
  EXPECT_EQ(refusal_with({.name = "x/.storage_alignment", .content = "64"}), "accepted");
  EXPECT_EQ(refusal_with({.name = "x/.data/serialization_id", .content = std::string(40, '7')}), "accepted");
  EXPECT_EQ(refusal_with({.name = "x/data/", .content = ""}), "accepted");
  EXPECT_THAT(refusal_with({.name = "x/.format_version", .content = "2"}), HasSubstr(".format_version"));
  EXPECT_THAT(refusal_with({.name = "x/.storage_alignment", .content = "no"}), HasSubstr(".storage_alignment"));
  EXPECT_THAT(refusal_with({.name = "x/.data/serialization_id", .content = "\xff"}), HasSubstr("serialization_id"));
  EXPECT_THAT(refusal_with({.name = "x/data/1", .content = "1234"}), HasSubstr("belongs to no tensor"));
  EXPECT_THAT(refusal_with({.name = "x/notes.txt", .content = ""}), HasSubstr("not part of a tensor file"));
  EXPECT_THAT(refusal_with({.name = "x/DATA/0", .content = ""}), HasSubstr("twice"));
}

// Found by comparing with torch 2.15 (tests/faults/torch_archives.py finds more).
TEST_F(TorchArchives, AreRefusedWherePyTorchRefusesThem) {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(LORASWEEP_GOLDEN_DIR "/torch_refuses")) {
    EXPECT_NE(refusal_of([&] { TorchArchive{RandomAccessFile(file.path())}; }), "accepted") << file.path();
    ++files;
  }
  EXPECT_EQ(files, 7);
}

TEST_F(TorchArchives, AreRefusedAsPrograms) {
  EXPECT_THAT(refusal_with({.name = "x/constants.pkl", .content = ""}), HasSubstr("TorchScript"));
  EXPECT_THAT(refusal_with({.name = "x/code/a.py", .content = ""}), HasSubstr("TorchScript"));
}

TEST_F(TorchArchives, AreReadOnlyWithLittleEndianValues) {
  EXPECT_EQ(refusal_with({.name = "x/byteorder", .content = "little"}), "accepted");
  EXPECT_THAT(refusal_with({.name = "x/byteorder", .content = "big"}), HasSubstr("big-endian"));
}

TEST_F(TorchArchives, RefuseDamagedValuesWhenTheyAreRead) {
  auto items = archive();
  items[1].crc32 = 1;
  const TorchArchive file = open(items);
  EXPECT_THAT(refusal_of([&] { file.read("w"); }), AllOf(HasSubstr("x/data/0"), HasSubstr("checksum")));
}

TEST_F(TorchArchives, RefuseADamagedPickleWhenTheyAreOpened) {
  auto items = archive();
  items[0].crc32 = 1;
  EXPECT_THAT(refusal(items), HasSubstr("checksum"));
}

}  // namespace
}  // namespace lorasweep

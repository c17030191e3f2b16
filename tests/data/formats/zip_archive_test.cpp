// SPDX-License-Identifier: Apache-2.0
// Archives whose directory and local headers agree are read; every contradiction is refused.
#include "data/formats/zip_archive.h"

#include "tests/data/core/temporary_folder.h"
#include "tests/data/formats/built_bytes.h"
#include "tests/data/formats/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ZipArchives : public testing::Test {
 protected:
  ZipArchive open(std::string_view bytes) const { return ZipArchive(RandomAccessFile(folder_.write("f", bytes))); }
  std::string refusal(std::string_view bytes) const {
    return refusal_of([&] { open(bytes); });
  }
  std::string refusal(const ZipItem& item) const { return refusal(zip_bytes({item})); }
  std::string refusal(const ZipEnd& end) const { return refusal(zip_bytes({{.name = "a", .content = "1"}}, end)); }
  TemporaryFolder folder_;
};

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_F(ZipArchives, AreReadByName) {
  for (const bool zip64 : {false, true}) {
    const ZipArchive archive = open(zip_bytes(
        {{.name = "x/a", .content = "one"}, {.name = "x/b", .content = "", .flags = 0x0808}}, {.zip64 = zip64}));
    EXPECT_EQ(archive.entries().size(), 2u);
    EXPECT_EQ(text_of(archive.read("x/a")), "one");
    EXPECT_EQ(text_of(archive.read("x/b")), "");
    EXPECT_THAT(refusal_of([&] { archive.read("x/c"); }), HasSubstr("has no entry x/c"));
  }
}

TEST_F(ZipArchives, AreReadWhereTheSizesFollowTheContent) {
  EXPECT_EQ(
      text_of(
          open(zip_bytes({{.name = "a", .content = "1", .flags = 8, .local_crc32 = 0, .local_size = 0}})).read("a")),
      "1");
}

TEST_F(ZipArchives, AreRefusedCutAtAnyByte) {
  for (const bool zip64 : {false, true}) {
    const std::string whole =
        zip_bytes({{.name = "a", .content = "12"}, {.name = "b", .content = "3"}}, {.zip64 = zip64});
    for (std::size_t length = 0; length < whole.size(); ++length)
      EXPECT_NE(refusal(std::string_view(whole).substr(0, length)), "accepted") << length;
    for (std::size_t begin = 1; begin < whole.size(); ++begin)
      EXPECT_NE(refusal(std::string_view(whole).substr(begin)), "accepted") << begin;
  }
}

TEST_F(ZipArchives, AreRefusedWithBytesBehindTheEnd) {
  EXPECT_THAT(refusal(ZipEnd{.behind = "x"}), HasSubstr("does not end with the end record"));
  EXPECT_THAT(refusal(ZipEnd{.comment = 1, .behind = "x"}), HasSubstr("does not end with the end record"));
  EXPECT_THAT(refusal(ZipEnd{.comment = 1}), HasSubstr("comment"));
}

TEST_F(ZipArchives, AreRefusedWithAWrongEndRecord) {
  EXPECT_THAT(refusal(ZipEnd{.disk = 1}), HasSubstr("several disks"));
  EXPECT_THAT(refusal(ZipEnd{.entries_more = 1}), HasSubstr("ends too early"));
  EXPECT_THAT(refusal(ZipEnd{.entries_more = -1}), HasSubstr("longer than its entries"));
  EXPECT_THAT(refusal(ZipEnd{.size_more = 1}), HasSubstr("does not lie where"));
  EXPECT_THAT(refusal(ZipEnd{.offset_more = -1}), HasSubstr("does not lie where"));
  EXPECT_THAT(refusal(ZipEnd{.size_more = 1, .offset_more = -1}), HasSubstr("has no mark"));
}

TEST_F(ZipArchives, AreRefusedWhereTheZip64RecordsAreWrong) {
  EXPECT_THAT(refusal(ZipEnd{.zip64 = true, .zip64_entries_more = 1}), HasSubstr("contradict each other"));
  EXPECT_THAT(refusal(ZipEnd{.zip64 = true, .zip64_locator_more = 1}), HasSubstr("zip64 locator"));
  for (const int disks : {0, 2})
    EXPECT_THAT(refusal(ZipEnd{.zip64 = true, .zip64_disks = disks}), HasSubstr("zip64 locator"));
  EXPECT_THAT(refusal(ZipEnd{.entries_more = 0xfffe}), testing::Not("accepted"));
}

TEST_F(ZipArchives, AreRefusedWithCompressedEntries) {
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .method = 8}),
              AllOf(HasSubstr("entry a"), HasSubstr("is compressed")));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .local_method = 8}),
              HasSubstr("a method in its local header"));
}

TEST_F(ZipArchives, AreRefusedWithEncryptedEntries) {
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .flags = 1}), HasSubstr("is encrypted"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .local_flags = 1}), HasSubstr("flags in its local header"));
}

TEST_F(ZipArchives, AreRefusedWithANameTwice) {
  EXPECT_THAT(refusal(zip_bytes({{.name = "a", .content = "1"}, {.name = "a", .content = "2"}})),
              HasSubstr("appears twice in the archive"));
  EXPECT_THAT(refusal(zip_bytes({{.name = "x/a", .content = "1"}, {.name = "X/A", .content = "2"}})),
              HasSubstr("appears twice in the archive"));  // there are readers to whom these are one
}

TEST_F(ZipArchives, AreRefusedWithNamesThatLeaveThem) {
  for (const std::string name : {"", "/a", "../a", "a/../b", "a/..", "..", "a\\b"})
    EXPECT_THAT(refusal(ZipItem{.name = name, .content = "1"}), HasSubstr("leaves the archive")) << name;
  EXPECT_THAT(refusal(ZipItem{.name = std::string("a\0b", 3), .content = "1"}), HasSubstr("leaves the archive"));
  for (const char* name : {"a..", "..a", "a/b..c"})
    EXPECT_EQ(refusal(ZipItem{.name = name, .content = "1"}), "accepted") << name;
}

TEST_F(ZipArchives, AreRefusedWithSymbolicLinks) {
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "/etc/passwd", .attributes = 0120777u << 16}),
              HasSubstr("symbolic link"));
}

TEST_F(ZipArchives, AreRefusedWithFilesThatAreFoldersToo) {
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .attributes = 0x10}), HasSubstr("a file and a folder"));
  EXPECT_EQ(refusal(ZipItem{.name = "a/", .content = "", .attributes = 0x10}), "accepted");
}

TEST_F(ZipArchives, AreRefusedWhereALocalHeaderContradicts) {
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .local_name = "b"}),
              HasSubstr("a name in its local header"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .local_name = "ab"}), testing::Not("accepted"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .local_crc32 = 1}), HasSubstr("a size or checksum"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .local_size = 2}), HasSubstr("a size or checksum"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .local_mark = "PK\x03\x05"}),
              HasSubstr("has no local header"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .directory_mark = "PK\x01\x03"}), HasSubstr("has no mark"));
}

TEST_F(ZipArchives, AreRefusedWithEntriesOutsideOfThem) {
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .offset = 1000}), HasSubstr("lies outside"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .offset = 0xffffffff}), HasSubstr("lies outside"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .size = 2}), HasSubstr("reaches beyond"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .size = 0xffffffff}), HasSubstr("reaches beyond"));
}

TEST_F(ZipArchives, AreRefusedWithTwoSizesOrDisks) {
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .stored = 2}), HasSubstr("two sizes"));
  EXPECT_THAT(refusal(ZipItem{.name = "a", .content = "1", .directory_disk = 1}), HasSubstr("two sizes"));
}

TEST_F(ZipArchives, AreRefusedWithEntriesThatOverlap) {
  // The first entry's content holds a whole second entry: a bomb in its small form.
  const std::string inner = zip_bytes({{.name = "b", .content = "1"}}).substr(0, 32);
  EXPECT_THAT(refusal(zip_bytes({{.name = "a", .content = inner}, {.name = "b", .content = "1", .offset = 31}})),
              HasSubstr("overlap"));
}

TEST_F(ZipArchives, RefuseAnEntryWithAnotherChecksum) {
  const ZipArchive archive = open(zip_bytes({{.name = "a", .content = "1", .crc32 = 5}}));
  EXPECT_THAT(refusal_of([&] { archive.read("a"); }), AllOf(HasSubstr("entry a"), HasSubstr("checksum")));
}

TEST_F(ZipArchives, NeverMisreadAFlippedBit) {
  const std::string whole = zip_bytes({{.name = "a", .content = "12"}, {.name = "b", .content = "3"}}, {.zip64 = true});
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    refusal_of([&] {
      const ZipArchive archive = open(flipped);
      if (archive.entries().contains("a")) {
        EXPECT_EQ(text_of(archive.read("a")), "12") << bit;
      }
      if (archive.entries().contains("b")) {
        EXPECT_EQ(text_of(archive.read("b")), "3") << bit;
      }
    });
  }
}

}  // namespace
}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// What lies in a file's place after a download or a copy that went wrong is named, and nothing else is.
#include "data/core/foreign_content.h"

#include "data/core/json.h"
#include "tests/testing/expect_error.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using namespace std::string_view_literals;

const std::string lfs_pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4665\nsize 39576\n";

TEST(ForeignContent, IsNamedByTheFirstBytes) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {""sv, "empty"sv},
      {lfs_pointer, "Git LFS"sv},
      {"# xet version 0\nfilesize = 1"sv, "git-xet"sv},
      {"/annex/objects/MD5E-s1--d41d8.bin\n"sv, "git-annex"sv},
      {"<!DOCTYPE html><html>"sv, "web page"sv},
      {"\xef\xbb\xbf\r\n <HTML lang=en>"sv, "web page"sv},
      {"<?xml version='1.0'?><Error><Code>AccessDenied</Code>"sv, "web page"sv},
      {"Entry not found"sv, "web page"sv},
      {"Invalid username or password."sv, "web page"sv},
      {R"({"error":"Repository not found"})"sv, "web page"sv},
      {"../../oracle/base/config.json"sv, "symbolic link"sv},
      {"\xff\xfe{\0"sv, "UTF-16"sv},
      {"\xfe\xff\0{"sv, "UTF-16"sv},
      {"\xff\xfe\0\0{\0\0\0"sv, "UTF-32"sv},
      {"{\0\"\0r\0\"\0"sv, "UTF-16"sv},
      {"\0{\0\"\0r\0\""sv, "UTF-16"sv},
      {"\x1f\x8b\x08\0"sv, "gzip"sv},
      {"BZh91AY"sv, "bzip2"sv},
      {"\xfd"
       "7zXZ\0\0"sv,
       "xz"sv},
      {"\x28\xb5\x2f\xfd\0"sv, "zstd"sv},
      {"7z\xbc\xaf\x27\x1c"sv, "7z"sv},
      {"Rar!\x1a\x07\x01"sv, "RAR"sv},
      {"GGUF\x03\0\0\0"sv, "GGUF"sv},
      {"\x89HDF\r\n\x1a\n"sv, "HDF5"sv},
      {"\x93NUMPY\x01"sv, "NumPy"sv},
      {"%PDF-1.7"sv, "PDF"sv},
  };
  for (const auto& [head, name] : cases) {
    const ForeignContent found = foreign_content(head);
    EXPECT_TRUE(holds_fact(found.what, name)) << name << ": " << found.what;
    EXPECT_FALSE(found.remedy.empty()) << name;
    EXPECT_THAT(refusal_of([&] { refuse_foreign_content(head, "the/file"); }),
                Refused(ExitCode::bad_input, "the/file", {std::string(name)}));
  }
}

TEST(ForeignContent, IsNotSeenInWhatIsReadHere) {
  for (const std::string_view head :
       {"{\"r\": 16}"sv, "[1]"sv, "{\"examples\": []}"sv, "lorahub/x\nlorahub/y\n"sv, "PK\x03\x04"sv,
        "\x50\0\0\0\0\0\0\0{\"a\":"sv, "\n\x0e\n\x05<pad>\x15\0\0\0\0\x18\x03"sv, "\xef\xbb\xbf{\"r\": 1}"sv,
        "schema = 1\n"sv, "versions differ"sv, "a\nb\n"sv, "x"sv, "{\0}"sv})
    EXPECT_EQ(foreign_content(head).what, "") << head;
}

TEST(ForeignContent, InThePlaceOfJsonIsNamedAsSuchAndValidJsonIsNotLookedAt) {
  EXPECT_THAT(refusal_of([] { parse_json(lfs_pointer, "config.json"); }),
              Refused(ExitCode::bad_input, "config.json", {"Git LFS"}));
  EXPECT_THAT(refusal_of([] { parse_json("<html></html>", "config.json"); }),
              Refused(ExitCode::bad_input, "config.json", {"web page"}));
  EXPECT_THAT(refusal_of([] { parse_json("\xff\xfe{\0}\0"sv, "config.json"); }),
              Refused(ExitCode::bad_input, "config.json", {"UTF-16"}));
  EXPECT_THAT(refusal_of([] { parse_json("{\0}\0"sv, "config.json"); }),
              Refused(ExitCode::bad_input, "config.json", {"UTF-16"}));
  EXPECT_EQ(parse_json("\"<html> is text here\"", "x"), "<html> is text here");
  EXPECT_EQ(parse_json("\xef\xbb\xbf{\"error\": 1}", "x")["error"], 1);
}

TEST(ForeignContent, AByteOrderMarkIsTakenOffOnce) {
  EXPECT_EQ(without_byte_order_mark("\xef\xbb\xbfname"), "name");
  EXPECT_EQ(without_byte_order_mark("name"), "name");
  EXPECT_EQ(without_byte_order_mark("\xef\xbb"), "\xef\xbb");
}

}  // namespace
}  // namespace lorasweep

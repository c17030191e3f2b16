// SPDX-License-Identifier: Apache-2.0
// JSON Lines: places, blank lines, bounds.
#include "data/tasks/jsonl.h"

#include "data/core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::vector<std::pair<std::string, std::string>> rows(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> found;
  parse_jsonl(text, "f.jsonl", [&](const nlohmann::ordered_json& document, const std::string& where) {
    found.emplace_back(where, document.dump());
  });
  return found;
}

std::string refusal(std::string_view text) {
  try {
    rows(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Jsonl, TellsThePlaceOfEveryRow) {
  EXPECT_THAT(rows("{\"a\": 1}\n\n  \t\r\n[2]\r\n3"),
              ElementsAre(Pair("f.jsonl:1", "{\"a\":1}"), Pair("f.jsonl:4", "[2]"), Pair("f.jsonl:5", "3")));
  EXPECT_TRUE(rows("").empty());
  EXPECT_TRUE(rows("\n\n").empty());
}

TEST(Jsonl, NamesTheLineThatIsBroken) {
  EXPECT_THAT(refusal("{}\n{\"a\": }\n{}\n"), HasSubstr("f.jsonl:2"));
  EXPECT_THAT(refusal("{}\n{}\n{} {}\n"), HasSubstr("f.jsonl:3"));
  EXPECT_THAT(refusal("{}\n\"\xff\"\n"), HasSubstr("f.jsonl:2"));
  EXPECT_THAT(refusal("{\"a\": 1, \"a\": 2}\n"), HasSubstr("f.jsonl:1"));
}

TEST(Jsonl, RefusesALineBeyondTheLimit) {
  const std::string longest = '"' + std::string(jsonl_line_bytes - 2, 'x') + '"';
  EXPECT_EQ(rows(longest + "\n").size(), 1u);
  EXPECT_THAT(refusal("1\n" + longest + " \n"), HasSubstr("f.jsonl:2"));
}

}  // namespace
}  // namespace lorasweep

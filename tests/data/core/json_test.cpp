// SPDX-License-Identifier: Apache-2.0
// JSON of strangers: what is read as it stands, and every refusal with its line.
#include "data/core/json.h"

#include "data/core/error.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace lorasweep {
namespace {

Refusal refusal(const std::string& text, JsonLimits limits = {}) {
  return refusal_of([&] { parse_json(text, "f.json", limits); });
}

std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, IsReadWithItsTypesAndTheOrderOfItsKeys) {
  const auto json = parse_json(R"( {"z": [1, -2, 2.5, true, null, "\u00e9\ud83d\ude00"], "a": {"b": {}}} )", "f");
  EXPECT_EQ(json.dump(), R"({"z":[1,-2,2.5,true,null,"é😀"],"a":{"b":{}}})");
  EXPECT_TRUE(json["z"][0].is_number_unsigned());
  EXPECT_EQ(json.begin().key(), "z");
}

TEST(Json, IsReadAlsoWhereItIsNoObject) {
  EXPECT_EQ(parse_json("3", "f"), 3);
  EXPECT_EQ(parse_json("\"x\"", "f"), "x");
}

TEST(Json, TakesEqualKeysInDifferentObjects) {
  EXPECT_EQ(parse_json(R"([{"a": {"a": 1}}, {"a": 2}])", "f")[0]["a"]["a"], 1);
}

TEST(Json, RefusesEqualKeysWithTheLine) {
  EXPECT_THAT(refusal("{\"a\": 1,\n\"b\": {\"c\": 1,\n\"c\": 2}}"),
              Refused(ExitCode::bad_input, "f.json:3", {"\"c\"", "twice"}));
  EXPECT_THAT(refusal(R"({"a": 1, "\u0061": 2})"), Refused(ExitCode::bad_input, "f.json:1", {"\"a\"", "twice"}));
}

TEST(Json, RefusesWhatIsNotJsonWithTheLine) {
  EXPECT_THAT(refusal("{\n\n  \"a\": nope}"), Refused(ExitCode::bad_input, "f.json:3", {"JSON"}));
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\" 1}", "{a: 1}", "[1] 2", "{} {}", "'x'", "[01]", "[+1]", "[1.]",
                           "[0x10]", "// c\n1", "[1 2]", "\"\n\"", "\"\\x\""})
    EXPECT_THAT(refusal(text), Refused(ExitCode::bad_input, "f.json", {"JSON"})) << text;
}

TEST(Json, RefusesNumbersThatAreNotFinite) {
  for (const char* text : {"[NaN]", "[Infinity]", "[-Infinity]", "[nan]", "[1e999]", "[-1e999]"})
    EXPECT_THAT(refusal(text), Refused(ExitCode::bad_input, "f.json", {"JSON"})) << text;
}

TEST(Json, RefusesTextThatIsNotUnicode) {
  for (const char* text : {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"",
                           R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\u12")"})
    EXPECT_THAT(refusal(text), Refused(ExitCode::bad_input, "f.json", {"JSON"})) << text;
}

TEST(Json, RefusesNulCharacters) {
  EXPECT_THAT(refusal(R"(["a\u0000b"])"), Refused(ExitCode::bad_input, "f.json", {"NUL"}));
  EXPECT_THAT(refusal(R"({"a\u0000b": 1})"), Refused(ExitCode::bad_input, "f.json", {"NUL"}));
  EXPECT_THAT(refusal(std::string("[1]\n\0{}", 7)), Refused(ExitCode::bad_input, "f.json:2", {"JSON"}));
}

TEST(Json, RefusesDepthBeyondTheLimit) {
  EXPECT_THAT(refusal(nested(64)), Accepted());
  EXPECT_THAT(refusal(nested(65)), Refused(ExitCode::bad_input, "f.json", {"nested", "64"}));
  EXPECT_THAT(refusal(nested(1'000'000)), Refused(ExitCode::bad_input, "f.json", {"nested", "64"}));
  EXPECT_THAT(refusal("{\"a\": [{}]}", {.depth = 2}), Refused(ExitCode::bad_input, "f.json", {"nested", "2"}));
}

TEST(Json, RefusesMoreBytesThanTheLimit) {
  EXPECT_THAT(refusal("[1]", {.bytes = 3}), Accepted());
  EXPECT_THAT(refusal("[10]", {.bytes = 3}), Reported(ExitCode::bad_input, "f.json", {"4 bytes", "3"}));
}

TEST(Json, ReadsALargeObjectInTimeThatGrowsWithIt) {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  text += "}";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(parse_json(text, "f").size(), 300'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));  // quadratic: many minutes
}

}  // namespace
}  // namespace lorasweep

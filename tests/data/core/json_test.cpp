// SPDX-License-Identifier: Apache-2.0
// JSON of strangers: what is read as it stands, and every refusal with its line.
#include "data/core/json.h"

#include "data/core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string refusal(const std::string& text, JsonLimits limits = {}) {
  try {
    parse_json(text, "f.json", limits);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
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
              AllOf(StartsWith("f.json:3: "), HasSubstr("\"c\" appears twice")));
  EXPECT_THAT(refusal(R"({"a": 1, "\u0061": 2})"), HasSubstr("appears twice"));
}

TEST(Json, RefusesWhatIsNotJsonWithTheLine) {
  EXPECT_THAT(refusal("{\n\n  \"a\": nope}"), StartsWith("f.json:3: not valid JSON"));
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\" 1}", "{a: 1}", "[1] 2", "{} {}", "'x'", "[01]", "[+1]", "[1.]",
                           "[0x10]", "// c\n1", "[1 2]", "\"\n\"", "\"\\x\""})
    EXPECT_THAT(refusal(text), HasSubstr("not valid JSON")) << text;
}

TEST(Json, RefusesNumbersThatAreNotFinite) {
  for (const char* text : {"[NaN]", "[Infinity]", "[-Infinity]", "[nan]", "[1e999]", "[-1e999]"})
    EXPECT_THAT(refusal(text), HasSubstr("not valid JSON")) << text;
}

TEST(Json, RefusesTextThatIsNotUnicode) {
  for (const char* text : {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"",
                           R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\u12")"})
    EXPECT_THAT(refusal(text), HasSubstr("not valid JSON")) << text;
}

TEST(Json, RefusesNulCharacters) {
  EXPECT_THAT(refusal(R"(["a\u0000b"])"), HasSubstr("NUL"));
  EXPECT_THAT(refusal(R"({"a\u0000b": 1})"), HasSubstr("NUL"));
  EXPECT_THAT(refusal(std::string("[1]\n\0{}", 7)), StartsWith("f.json:2: not valid JSON"));
}

TEST(Json, RefusesDepthBeyondTheLimit) {
  EXPECT_EQ(refusal(nested(64)), "accepted");
  EXPECT_THAT(refusal(nested(65)), HasSubstr("nested deeper than 64"));
  EXPECT_THAT(refusal(nested(1'000'000)), HasSubstr("nested deeper than 64"));
  EXPECT_THAT(refusal("{\"a\": [{}]}", {.depth = 2}), HasSubstr("nested deeper than 2"));
}

TEST(Json, RefusesMoreBytesThanTheLimit) {
  EXPECT_EQ(refusal("[1]", {.bytes = 3}), "accepted");
  EXPECT_THAT(refusal("[10]", {.bytes = 3}), HasSubstr("has 4 bytes, more than the 3"));
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

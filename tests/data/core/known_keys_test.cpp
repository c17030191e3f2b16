// SPDX-License-Identifier: Apache-2.0
// A key is used, usual, harmless, or says nothing; anything else is refused by its name.
#include "data/core/known_keys.h"

#include "data/core/error.h"
#include "data/core/json.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto table = std::to_array<KnownKey>({{"size", KeyUse::used},
                                                {"beams", KeyUse::usual, "[1]"},
                                                {"side", KeyUse::usual, R"(["right", ["a", "b"]])"},
                                                {"author", KeyUse::harmless, "for people"}});

// The key that is refused, as "file, key ...", or "".
std::string refused(const Json& object) {
  try {
    refuse_other_keys(object, table, "file", "remedy");
  } catch (const InputError& error) {
    return error.where();
  }
  return "";
}

TEST(KnownKeys, LetWhatIsUsedUsualAndHarmlessPass) {
  EXPECT_EQ(refused({{"size", "of no concern here"}, {"beams", 1}, {"side", "right"}, {"author", 7}}), "");
  EXPECT_EQ(refused({{"beams", 1.0}, {"side", {"a", "b"}}}), "");
  EXPECT_EQ(refused({{"beams", nullptr}, {"side", nullptr}}), "");
}

TEST(KnownKeys, LetAKeyPassThatSaysNothing) {
  for (const Json& nothing : {Json(nullptr), Json(false), Json(""), Json::array(), Json::object()})
    EXPECT_EQ(refused({{"of_tomorrow", nothing}}), "") << nothing;
}

TEST(KnownKeys, RefuseTheUnusual) {
  for (const Json& value : {Json(2), Json(0), Json("1"), Json(false), Json::array({1})})
    EXPECT_EQ(refused({{"beams", value}}), "file, key \"beams\"") << value;
  EXPECT_EQ(refused({{"side", "left"}}), "file, key \"side\"");
}

TEST(KnownKeys, RefuseTheUnknownThatSaysSomething) {
  for (const Json& value : {Json(0), Json(1), Json(true), Json("x"), Json::array({nullptr}), Json({{"a", false}})})
    EXPECT_EQ(refused({{"of_tomorrow", value}}), "file, key \"of_tomorrow\"") << value;
}

}  // namespace
}  // namespace lorasweep

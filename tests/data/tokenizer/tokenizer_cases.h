// SPDX-License-Identifier: Apache-2.0
// Texts with the reference's ids (tests/golden/make/make_tokenizer_cases.py).
#pragma once

#include "data/core/file.h"
#include "data/tokenizer/json/json_tokenizer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

namespace lorasweep {

using TestJson = nlohmann::ordered_json;

/// Not by parse_json(): texts of goldens hold NUL characters.
inline TestJson read_test_json(const std::filesystem::path& file) {
  return TestJson::parse(read_file(file, std::size_t{256} << 20));
}

inline std::filesystem::path causal_golden(const std::string& name) {
  return std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "causal" / name;
}

/// The tokenizer.json of a directory (below tests/golden/causal, or absolute) with other parts; those of "model" key by
/// key.
inline TestJson changed_tokenizer(const std::string& base, const TestJson& changes) {
  TestJson json = read_test_json(causal_golden(base) / "tokenizer.json");
  for (const auto& [key, value] : changes.items())
    if (key == "model")
      for (const auto& [inner, of_model] : value.items()) json["model"][inner] = of_model;
    else
      json[key] = value;
  return json;
}
inline JsonTokenizer tokenizer_with(const std::string& base, const TestJson& changes) {
  return {changed_tokenizer(base, changes).dump(), base};
}

/// With what the file puts around a text.
inline TokenIds ids_with_template(const JsonTokenizer& tokenizer, std::string_view text) {
  TokenIds ids = tokenizer.around().before;
  const TokenIds own = tokenizer.ids_of(text);
  ids.insert(ids.end(), own.begin(), own.end());
  ids.insert(ids.end(), tokenizer.around().after.begin(), tokenizer.around().after.end());
  return ids;
}

/// Holds a tokenizer to every text of a file; gives their number.
inline std::size_t expect_cases(const std::filesystem::path& file) {
  std::size_t compared = 0;
  for (const TestJson& group : read_test_json(file)) {
    const JsonTokenizer tokenizer = tokenizer_with(group.at("base"), group.at("changes"));
    std::size_t wrong = 0;
    for (const TestJson& one : group.at("cases")) {
      const auto text = one.at("text").get<std::string>();
      const auto ids = one.at("ids").get<TokenIds>();
      ++compared;
      const TokenIds own = ids_with_template(tokenizer, text);
      const std::string decoded = tokenizer.text_of(ids);
      if (own == ids && decoded == one.at("decoded").get<std::string>()) continue;
      if (++wrong > 3) continue;
      EXPECT_EQ(own, ids) << group.at("name") << ": " << one.at("text");
      EXPECT_EQ(decoded, one.at("decoded").get<std::string>()) << group.at("name") << ": " << one.at("text");
    }
    EXPECT_EQ(wrong, 0u) << group.at("name") << ", of " << group.at("cases").size();
  }
  return compared;
}

}  // namespace lorasweep

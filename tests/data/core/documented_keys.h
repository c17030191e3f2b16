// SPDX-License-Identifier: Apache-2.0
// Whether a table of keys is whole: each key once, each in the documentation, and every key of other programs' files
// known.
#pragma once

#include "data/core/file.h"
#include "data/core/json.h"
#include "data/core/known_keys.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// The keys of `file` ("config.json") that some program writes (tests/golden/keys), each with a usual value.
inline std::vector<nlohmann::ordered_json> published(const std::string& file) {
  std::vector<nlohmann::ordered_json> found;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "keys")) {
    if (entry.path().extension() != ".json") continue;
    const auto json = parse_json(read_file(entry.path(), 1 << 20), entry.path().string());
    if (json.is_object() && json.contains(file)) found.push_back(json[file]);
  }
  EXPECT_FALSE(found.empty()) << file;
  return found;
}

/// Some table knows the key, or its value says nothing.
inline void expect_known(const nlohmann::ordered_json& object, const std::vector<std::span<const KnownKey>>& tables) {
  for (const auto& [key, value] : object.items()) {
    bool known = says_nothing(value);
    for (const auto table : tables) known = known || find_key(table, key) != nullptr;
    EXPECT_TRUE(known) << key << ": " << value;
  }
}

/// docs/formats/`page` names every key of the table, as `key`; no key appears twice; harmless ones have a reason.
inline void expect_documented(std::span<const KnownKey> table, const std::string& page) {
  const std::filesystem::path file = std::filesystem::path(LORASWEEP_DEMO_DIR) / ".." / "docs" / "formats" / page;
  const std::string text = read_file(file, 1 << 20);
  std::set<std::string_view> seen;
  for (const KnownKey& key : table) {
    EXPECT_TRUE(seen.insert(key.key).second) << key.key << " appears twice";
    EXPECT_NE(text.find("`" + std::string(key.key) + "`"), std::string::npos) << page << " does not name " << key.key;
    EXPECT_EQ(key.note.empty(), key.use == KeyUse::used) << key.key;
  }
}

}  // namespace lorasweep

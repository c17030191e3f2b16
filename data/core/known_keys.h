// SPDX-License-Identifier: Apache-2.0
// What is done with each key of a JSON file that other programs wrote, so that none is ignored by accident.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

enum class KeyUse {
  used,      ///< its reader looks at it
  usual,     ///< may hold what is usual, and nothing else: anything else changes results in a way that is not followed
  harmless,  ///< changes no result, whatever it holds
};

/// A row of the table of a file's keys. A key that has no row must say nothing (says_nothing()).
struct KnownKey {
  std::string_view key;
  KeyUse use = KeyUse::used;
  /// usual: the JSON list of what it may hold besides null; harmless: why.
  std::string_view note = {};
};

/// null, false, "", [] and {}: as if the key were not written.
bool says_nothing(const nlohmann::ordered_json& value);

/// The value for a message, cut to a readable length.
std::string shown(const nlohmann::ordered_json& value);

/// nullptr: the table has no such key.
const KnownKey* find_key(std::span<const KnownKey> table, std::string_view key);

/// Looks at every key of `object`: InputError naming `file`, key and value for one that holds something unusual, and
/// for one that has no row and says something.
void refuse_other_keys(const nlohmann::ordered_json& object, std::span<const KnownKey> table, const std::string& file,
                       const std::string& remedy);

}  // namespace lorasweep

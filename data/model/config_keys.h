// SPDX-License-Identifier: Apache-2.0
// The keys of a config.json, read one by one: every problem names the file and the key.
#pragma once

#include "data/core/error.h"
#include "data/core/known_keys.h"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace lorasweep {

/// What helps where a key of such a file is wrong.
inline constexpr const char* published_config = "use the config.json that was published with the model";

/// Whether null is a value, which fits nothing, or counts as if the key were missing.
enum class NullKey { is_wrong, is_missing };

class ConfigKeys {
 public:
  /// `json` must outlive it.
  ConfigKeys(const nlohmann::ordered_json& json, std::string file, NullKey null);

  bool is_written(const char* key) const { return json_.contains(key); }
  bool has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }
  const nlohmann::ordered_json& at(const char* key) const { return json_[key]; }

  // InputError for a value that is none, and for one that is needed and missing.
  int integer(const char* key, int low, int high) const;
  int integer_or(const char* key, int low, int high, int otherwise) const;  ///< null counts as missing, always
  double number_or(const char* key, double low, double high, double otherwise) const;
  bool flag_or(const char* key, bool otherwise) const;
  std::string text_or(const char* key, const char* otherwise) const;

  InputError problem(const std::string& key, const std::string& what,
                     const std::string& remedy = published_config) const;

 private:
  bool counts(const char* key) const { return null_ == NullKey::is_missing ? has(key) : is_written(key); }
  int checked(const char* key, int low, int high) const;

  const nlohmann::ordered_json& json_;
  std::string file_;
  NullKey null_;
};

/// Refuses what stands in neither `known` nor generation_keys(): transformers 4 takes settings for generate() from
/// config.json, too; 5 does not.
void refuse_other_config_keys(const nlohmann::ordered_json& json, std::span<const KnownKey> known,
                              const std::string& file);

}  // namespace lorasweep

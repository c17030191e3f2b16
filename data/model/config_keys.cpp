// SPDX-License-Identifier: Apache-2.0
// Values are checked where they are read, and shown as the file has them.
#include "data/model/config_keys.h"

#include "data/model/generation_config.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace lorasweep {

using Json = nlohmann::ordered_json;

ConfigKeys::ConfigKeys(const Json& json, std::string file, NullKey null)
    : json_(json), file_(std::move(file)), null_(null) {}

int ConfigKeys::integer(const char* key, int low, int high) const {
  if (!counts(key)) throw problem(key, "is missing");
  return checked(key, low, high);
}

int ConfigKeys::integer_or(const char* key, int low, int high, int otherwise) const {
  return has(key) ? checked(key, low, high) : otherwise;
}

double ConfigKeys::number_or(const char* key, double low, double high, double otherwise) const {
  if (!counts(key)) return otherwise;
  const Json& value = json_[key];
  if (!value.is_number() || !(value.get<double>() >= low) || !(value.get<double>() <= high))
    throw problem(key, fmt::format("is {}, not a number from {} to {}", shown(value), low, high));
  return value;
}

bool ConfigKeys::flag_or(const char* key, bool otherwise) const {
  if (!counts(key)) return otherwise;
  if (!json_[key].is_boolean()) throw problem(key, "is " + shown(json_[key]) + ", not true or false");
  return json_[key];
}

std::string ConfigKeys::text_or(const char* key, const char* otherwise) const {
  if (!counts(key)) return otherwise;
  if (!json_[key].is_string()) throw problem(key, "is " + shown(json_[key]) + ", not a string");
  return json_[key];
}

InputError ConfigKeys::problem(const std::string& key, const std::string& what, const std::string& remedy) const {
  return {file_ + ", key \"" + key + "\"", what, remedy};
}

int ConfigKeys::checked(const char* key, int low, int high) const {
  const Json& value = json_[key];
  if (!value.is_number_integer() || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high)
    throw problem(key, fmt::format("is {}, not an integer from {} to {}", shown(value), low, high));
  return value;
}

void refuse_other_config_keys(const Json& json, std::span<const KnownKey> known, const std::string& file) {
  std::vector<KnownKey> all(known.begin(), known.end());
  for (const KnownKey& key : generation_keys())
    if (find_key(known, key.key) == nullptr) all.push_back(key);
  refuse_other_keys(
      json, all, file,
      std::string(published_config) + "; if the key changes nothing that counts here, take it out of the file");
}

}  // namespace lorasweep

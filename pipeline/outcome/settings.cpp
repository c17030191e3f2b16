// SPDX-License-Identifier: Apache-2.0
// Reads what the journal's manifest recorded, which the file carries as provenance.
#include "pipeline/outcome/settings.h"

#include "pipeline/config/config_schema.h"
#include "pipeline/config/task_options.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::string setting_text(const Json& value) {
  if (value.is_null()) return "not set";
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "section.key" to its value. Sections and keys that this program does not know come as they are.
std::map<std::string, Json> recorded_settings(const SweepResults& results) {
  std::map<std::string, Json> found;
  const Json manifests = provenance_json(results, "manifests");
  if (!manifests.is_array() || manifests.empty() || !manifests[0].is_object()) return found;
  const Json manifest = manifests[0].value("manifest", Json::object());
  if (!manifest.is_object()) return found;
  const Json settings = manifest.value("settings", Json::object());
  if (!settings.is_object()) return found;
  for (const auto& [section, keys] : settings.items())
    if (keys.is_object())
      for (const auto& [key, value] : keys.items()) found[section + "." + key] = value;
  const Json numerics = manifest.value("numerics", Json::object());
  if (numerics.is_object() && numerics.contains("dtype")) found["model.dtype"] = numerics["dtype"];
  return found;
}

// A setting that was not known when a file was made counts as its default.
Json value_or_default(const std::map<std::string, Json>& recorded, const std::string& name,
                      const std::map<std::string, Json>& defaults) {
  if (const auto found = recorded.find(name); found != recorded.end()) return found->second;
  const auto usual = defaults.find(name);
  return usual == defaults.end() ? Json(nullptr) : usual->second;
}

std::map<std::string, Json> default_settings() {
  std::map<std::string, Json> defaults;
  for (const Field& field : config_fields()) defaults[field.name()] = field.get(RunConfig{});
  // Recorded is the prompt that was used, where nothing was said of it, too.
  defaults["tasks.prompt"] = task_options({}, /*continues_prompt=*/false).prompt;
  return defaults;
}

}  // namespace

Json provenance_json(const SweepResults& results, const std::string& name) {
  const auto text = results.provenance.find(name);
  if (text == results.provenance.end()) return nullptr;
  Json json = Json::parse(text->second, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? Json(nullptr) : json;
}

std::vector<SettingValue> unusual_settings(const SweepResults& results) {
  const auto recorded = recorded_settings(results), defaults = default_settings();
  std::vector<SettingValue> unusual;
  for (const Field& field : config_fields()) {
    const auto found = recorded.find(field.name());
    if (found == recorded.end() || found->second == defaults.at(field.name())) continue;
    unusual.push_back({field.name(), setting_text(found->second), setting_text(defaults.at(field.name()))});
  }
  for (const auto& [name, value] : recorded)
    if (!defaults.contains(name)) unusual.push_back({name, setting_text(value), ""});
  return unusual;
}

std::vector<std::string> differing_settings(const SweepResults& one, const SweepResults& other) {
  const auto of_one = recorded_settings(one), of_other = recorded_settings(other), defaults = default_settings();
  if (of_one.empty() || of_other.empty()) return {};
  std::set<std::string> names;
  for (const auto& [name, value] : of_one) names.insert(name);
  for (const auto& [name, value] : of_other) names.insert(name);
  std::vector<std::string> differing;
  for (const std::string& name : names) {
    const Json a = value_or_default(of_one, name, defaults), b = value_or_default(of_other, name, defaults);
    if (a != b) differing.push_back(fmt::format("{}: {}, {}", name, setting_text(a), setting_text(b)));
  }
  return differing;
}

}  // namespace lorasweep

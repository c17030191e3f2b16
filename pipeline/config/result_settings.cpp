// SPDX-License-Identifier: Apache-2.0
// Selects the settings that results depend on, and reads them back.
#include "pipeline/config/result_settings.h"

#include "data/core/error.h"
#include "pipeline/config/config_schema.h"

#include <fmt/format.h>

#include <utility>

namespace lorasweep {

nlohmann::ordered_json result_settings(const RunConfig& config) {
  nlohmann::ordered_json settings = nlohmann::ordered_json::object();
  static const RunConfig defaults;
  for (const Field& field : config_fields()) {
    if (!field.is_result_setting) continue;
    nlohmann::ordered_json value = field.get(config);
    if (field.is_recorded_if_set && value == field.get(defaults)) continue;
    settings[field.section][field.key] = std::move(value);
  }
  return settings;
}

RunConfig config_of_result_settings(const nlohmann::ordered_json& settings, const std::string& where) {
  RunConfig config;
  const auto require_object = [&](const nlohmann::ordered_json& json, const std::string& what) {
    if (!json.is_object())
      throw InputError(where, fmt::format("the recorded {} are not a JSON object", what), "restore it from a backup");
  };
  require_object(settings, "settings");
  for (const auto& [section, values] : settings.items()) {
    require_object(values, "settings of [" + section + "]");
    for (const auto& [key, value] : values.items()) {
      const Field* field = find_field(section, key);
      if (field == nullptr || !field->is_result_setting)
        throw InputError(where,
                         fmt::format("a setting {}.{} is recorded, which this program does not know", section, key),
                         "use the version of lorasweep that wrote it");
      if (value.is_null() && field->get(RunConfig{}).is_null()) continue;  // not set, which this setting allows
      if (const std::string wrong = field->set(config, value, {}); !wrong.empty())
        throw InputError(where, fmt::format("the recorded setting {} {}", field->name(), wrong),
                         "use the version of lorasweep that wrote it");
    }
  }
  return config;
}

}  // namespace lorasweep

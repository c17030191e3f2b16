// SPDX-License-Identifier: Apache-2.0
// TOML text to plain values with their lines; knows nothing of what the keys mean.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

struct WrittenValue {
  std::string key;
  nlohmann::ordered_json value;  ///< what JSON does not know (dates, tables) is an object, which no field takes
  unsigned line = 0;
};

struct WrittenSection {
  std::string name;
  unsigned line = 0;
  std::vector<WrittenValue> values;
};

struct WrittenConfig {
  std::vector<WrittenValue> top;  ///< before the first section
  std::vector<WrittenSection> sections;
};

/// In the order of the file. ConfigError at "<where>:line:column" for text that is not TOML.
WrittenConfig parse_toml(std::string_view text, const std::string& where);

/// The text after "=": 40, "a", [1, 2]. ConfigError at `where`.
nlohmann::ordered_json parse_toml_value(std::string_view text, const std::string& where);

}  // namespace lorasweep

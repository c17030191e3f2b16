// SPDX-License-Identifier: Apache-2.0
// A configuration in the making: values come in source after source, what is wrong is collected.
#pragma once

#include "data/core/error.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/config/loaded_config.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

class ConfigBuilder {
 public:
  /// Starts with the defaults; their relative paths start at `directory`.
  ConfigBuilder(std::filesystem::path file, const std::filesystem::path& directory);

  /// One value of one source. `origin` names the place, for errors and for LoadedConfig::origins.
  void set(std::string_view section, std::string_view key, const nlohmann::ordered_json& value,
           const std::string& origin, const std::filesystem::path& directory);
  /// A value that may be not set is so again, whatever earlier sources said.
  void unset(const Field& field, const std::string& origin);
  void add_problem(ConfigError problem) { problems_.push_back(std::move(problem)); }
  void add_warning(std::string warning) { warnings_.push_back(std::move(warning)); }
  /// Returns whether there is such a section; if not, that is a problem.
  bool check_section(const std::string& name, const std::string& origin);

  /// Checks what no field can check alone. InvalidConfig if there was any problem.
  LoadedConfig finish(std::string text) &&;

 private:
  void check_together();
  void settle_auto();
  void check_search();
  void settle_one_evaluation();
  void check_no_search();
  void check_optimizer();
  void check_guard();
  std::string place(const std::string& field) const;
  void add_unknown_key(std::string_view section, std::string_view key, const std::string& origin);

  std::filesystem::path file_;
  RunConfig config_;
  std::map<std::string, std::string> origins_;
  std::vector<ConfigError> problems_;
  std::vector<std::string> warnings_;
};

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// The one table of what can be configured: parsing, overrides, `init`, resolved JSON and docs/configuration.md all come
// from it.
#pragma once

#include "pipeline/config/config.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace lorasweep {

/// `[search] budget` and the like. A value travels as JSON: string, integer, number, or an array of these.
struct Field {
  std::string section, key;
  std::string type;     ///< "integer", "text", "list of globs", ... for people
  std::string allowed;  ///< "1 to 100000", "f32 | bf16"; may be empty
  std::string doc;      ///< one sentence
  std::string example;  ///< TOML text to show where the default is "not set"; else empty

  std::function<nlohmann::ordered_json(const RunConfig&)> get;  ///< null: not set
  /// Sets the value, relative paths against `directory`. Empty if all is well, else what is wrong, without the place.
  std::function<std::string(RunConfig&, const nlohmann::ordered_json&, const std::filesystem::path& directory)> set;

  std::function<void(RunConfig&)> unset;  ///< back to the default

  /// A result depends on the value, so a run's manifest records it. Not so: where files lie (their content is
  /// digested), how and where a sweep runs. What decides the bits of model.dtype and model.device is recorded apart
  /// from settings.
  bool is_result_setting = false;
  /// Recorded where it has another value than the default only, so that runs that do not use it are recorded as before
  /// there was such a setting.
  bool is_recorded_if_set = false;
  bool is_text = false;  ///< an override's text is the value itself, no quotes needed
  bool is_list = false;  ///< an override may be written a,b,c
  std::string name() const { return section + "." + key; }
  bool is_optional() const { return get(RunConfig{}).is_null(); }  ///< may be not set
};

/// All fields, in the order of a written file; fields of a section lie together.
const std::vector<Field>& config_fields();
const Field* find_field(std::string_view section, std::string_view key);
/// "model", "adapters", ... in order, and one sentence on each.
struct Section {
  std::string name, doc;
};
const std::vector<Section>& config_sections();

/// Every value, sections as objects, in the table's order; what is not set is null.
nlohmann::ordered_json resolved(const RunConfig& config);

/// A TOML file with every key, its default, its range and its documentation. It loads to the defaults; where an answer
/// continues its prompt (ModelPlan), to those with which such a sweep had best begin.
std::string commented_config(bool continues_prompt = false);
/// A TOML file that loads to `config`, wherever it lies: every value that is set, paths as they are.
std::string written_config(const RunConfig& config);
/// The table of docs/configuration.md.
std::string configuration_table();

}  // namespace lorasweep

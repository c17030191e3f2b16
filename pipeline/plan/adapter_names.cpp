// SPDX-License-Identifier: Apache-2.0
// Names of adapters to directories.
#include "pipeline/plan/adapter_names.h"

#include "data/adapters/adapter_search.h"
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/model/hub_cache.h"
#include "pipeline/config/nearest_name.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t most_list_bytes = 16u << 20;

std::string name_of(const std::filesystem::path& relative, const std::filesystem::path& root) {
  return relative.empty() || relative == "." ? root.filename().string() : relative.generic_string();
}

std::vector<NamedAdapter> all_below(const std::filesystem::path& root, std::vector<PassedOver>& passed_over) {
  std::vector<NamedAdapter> all;
  const AdapterSearch search = search_adapters(root);
  for (const PassedOver& entry : search.passed_over) passed_over.push_back({root / entry.path, entry.reason});
  for (const std::filesystem::path& relative : search.found)
    all.push_back({name_of(relative, root), (root / relative).lexically_normal()});
  if (all.empty())
    throw InputError(root.string(), "there is no adapter (adapter_config.json) at or below it", "set adapters.dir");
  return all;
}

bool stays_below(const std::filesystem::path& name) {
  return name.is_relative() && std::ranges::find(name, std::filesystem::path("..")) == name.end();
}

bool may_be_repository(const std::string& name) { return std::ranges::count(name, '/') == 1 && !name.starts_with('.'); }

std::string nearest_below(const std::filesystem::path& root, const std::string& name) {
  std::vector<std::string> known;
  std::vector<PassedOver> ignored;
  try {
    for (const NamedAdapter& adapter : all_below(root, ignored)) known.push_back(adapter.name);
  } catch (const InputError&) {
    return "";  // there is nothing to propose
  }
  const auto meant = nearest_name(name, known);
  return meant ? fmt::format("did you mean {}?", *meant) : "";
}

NamedAdapter find_adapter(const std::string& name, const std::filesystem::path& root, const std::string& where) {
  std::error_code ignored;
  if (stays_below(name) && is_there(root / name / "adapter_config.json")) return {name, root / name};
  if (stays_below(name) && is_cached_repository(root / name)) return {name, find_model((root / name).string())};
  if (stays_below(name) && std::filesystem::is_directory(root / name, ignored))
    throw InputError((root / name).string(), fmt::format("has no adapter_config.json, but {} lists it", where),
                     "download the whole adapter, or take it off the list");
  if (may_be_repository(name)) return {name, find_model(name)};
  throw InputError(where, fmt::format("there is no adapter {} below {}", name, root.string()),
                   nearest_below(root, name));
}

std::vector<NamedAdapter> find_all(const std::vector<std::string>& names, const std::filesystem::path& root,
                                   const std::string& where, std::vector<std::string>& problems) {
  std::vector<NamedAdapter> found;
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const std::string& name : names) {
    try {
      const NamedAdapter adapter = find_adapter(name, root, where);
      // By its place: "a", "./a" and a link to it are one, and so are "A" and "a" where the file system says so.
      struct stat status = {};
      if (stat(adapter.directory.c_str(), &status) == 0 && !seen.emplace(status.st_dev, status.st_ino).second)
        throw InputError(where, fmt::format("names {} twice", name), "draws would count it twice; remove one");
      found.push_back(adapter);
    } catch (const InputError& error) {
      problems.emplace_back(error.what());
    }
  }
  return found;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

}  // namespace

std::vector<std::string> read_name_list(const std::filesystem::path& file) {
  std::istringstream lines(read_file(file, most_list_bytes));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);)
    if (std::string name = trimmed(line.substr(0, line.find('#'))); !name.empty()) names.push_back(std::move(name));
  if (names.empty()) throw InputError(file.string(), "names no adapter", "write one name a line");
  return names;
}

std::vector<NamedAdapter> name_adapters(const AdaptersConfig& config, std::vector<std::string>& problems,
                                        std::vector<PassedOver>& passed_over) {
  try {
    if (config.select == AdapterSelection::named) return find_all(config.names, config.dir, "adapters.names", problems);
    if (!config.list.empty()) return find_all(read_name_list(config.list), config.dir, config.list.string(), problems);
    return all_below(config.dir, passed_over);
  } catch (const InputError& error) {
    problems.emplace_back(error.what());
    return {};
  }
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Names of adapters to directories.
#include "pipeline/plan/adapter_names.h"

#include "data/adapters/adapter_search.h"
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/model/hub_cache.h"
#include "pipeline/config/nearest_name.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace lorasweep {
namespace {

std::string name_of(const std::filesystem::path& relative, const std::filesystem::path& root) {
  return relative.empty() || relative == "." ? root.filename().string() : relative.generic_string();
}

AdapterNames all_below(const std::filesystem::path& root) {
  AdapterNames all;
  const AdapterSearch search = search_adapters(root);
  for (const PassedOver& entry : search.passed_over) all.passed_over.push_back({root / entry.path, entry.reason});
  for (const std::filesystem::path& relative : search.found)
    all.adapters.push_back({name_of(relative, root), (root / relative).lexically_normal()});
  for (const UnusableDirectory& entry : search.unusable)
    all.unusable.push_back({name_of(entry.path, root), entry.problem.what()});
  if (all.adapters.empty() && all.unusable.empty())
    throw InputError(root.string(), "there is no adapter (adapter_config.json) at or below it", "set adapters.dir");
  return all;
}

bool stays_below(const std::filesystem::path& name) {
  return name.is_relative() && std::ranges::find(name, std::filesystem::path("..")) == name.end();
}

bool may_be_repository(const std::string& name) { return std::ranges::count(name, '/') == 1 && !name.starts_with('.'); }

std::string nearest_below(const std::filesystem::path& root, const std::string& name) {
  std::vector<std::string> known;
  try {
    for (const NamedAdapter& adapter : all_below(root).adapters) known.push_back(adapter.name);
  } catch (const InputError&) {
    return "";  // there is nothing to propose
  }
  const auto meant = nearest_name(name, known);
  return meant ? fmt::format("did you mean {}?", *meant) : "";
}

std::optional<NamedAdapter> adapter_below(const std::string& name, const std::filesystem::path& root) {
  if (!stays_below(name)) return std::nullopt;
  if (is_there(root / name / "adapter_config.json")) return NamedAdapter{name, root / name};
  if (is_cached_repository(root / name)) return NamedAdapter{name, find_model((root / name).string())};
  return std::nullopt;
}

// Published lists say org/name. Who downloaded the adapters has them in the cache, or in folders of one of these names.
NamedAdapter find_repository(const std::string& name, const std::filesystem::path& root) {
  const std::size_t slash = name.find('/');
  const std::string organisation = name.substr(0, slash), last = name.substr(slash + 1);
  try {
    return {name, find_model(name)};
  } catch (const InputError& error) {
    for (const std::string& folder : {last, organisation + "--" + last, "models--" + organisation + "--" + last})
      if (const auto found = adapter_below(folder, root)) return *found;
    throw InputError(error.where(),
                     fmt::format("{}; nor is {} or {} below {}", error.problem(), name, last, root.string()),
                     error.remedy());
  }
}

NamedAdapter find_adapter(const std::string& name, const std::filesystem::path& root, const std::string& where) {
  if (const auto found = adapter_below(name, root)) return *found;
  if (std::error_code ignored; stays_below(name) && std::filesystem::is_directory(root / name, ignored))
    throw InputError((root / name).string(), fmt::format("has no adapter_config.json, but {} lists it", where),
                     "download the whole adapter, or take it off the list");
  if (may_be_repository(name)) return find_repository(name, root);
  std::string remedy = nearest_below(root, name);
  if (std::ranges::count(name, '\\') > 0) remedy = "write names with /, not with \\";
  throw InputError(where, fmt::format("there is no adapter {} below {}", name, root.string()), remedy);
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

// adapters.exclude, as the names are written in a list, and as they are called afterwards.
class Exclusion {
 public:
  explicit Exclusion(const std::vector<std::string>& patterns) : patterns_(patterns), used_(patterns.size(), false) {}

  bool covers(const std::string& name) {
    bool covered = false;
    for (std::size_t i = 0; i < patterns_.size(); ++i)
      if (fnmatch(patterns_[i].c_str(), name.c_str(), 0) == 0) covered = used_[i] = true;
    return covered;
  }
  void add_unused(std::vector<std::string>& problems) const {
    for (std::size_t i = 0; i < patterns_.size(); ++i)
      if (!used_[i])
        problems.push_back(
            fmt::format("adapters.exclude: no adapter matches \"{}\"; correct it, or take it out", patterns_[i]));
  }

 private:
  const std::vector<std::string>& patterns_;
  std::vector<bool> used_;
};

AdapterNames listed(std::vector<std::string> names, const AdaptersConfig& config, const std::string& where,
                    Exclusion& exclusion, std::vector<std::string>& problems) {
  std::erase_if(names, [&](const std::string& name) { return exclusion.covers(name); });
  const std::size_t before = problems.size();
  AdapterNames listed{.adapters = find_all(names, config.dir, where, problems), .unusable = {}, .passed_over = {}};
  // A comma may be part of a folder's name; where every line has one, and none is a folder, they part columns.
  const auto has_columns = [](const std::string& name) { return name.find_first_of(",;") != std::string::npos; };
  if (listed.adapters.empty() && problems.size() > before && std::ranges::all_of(names, has_columns)) {
    problems.resize(before);
    problems.push_back(fmt::format(
        "{}: is a table of comma-separated values: {}; write one name a line, and nothing else", where, names.front()));
  }
  return listed;
}

}  // namespace

AdapterNames name_adapters(const AdaptersConfig& config, std::vector<std::string>& problems) {
  AdapterNames names;
  Exclusion exclusion(config.exclude);
  const std::size_t before = problems.size();
  try {
    if (config.select == AdapterSelection::named)
      names = listed(config.names, config, "adapters.names", exclusion, problems);
    else if (!config.list.empty())
      names = listed(read_name_list(config.list), config, config.list.string(), exclusion, problems);
    else
      names = all_below(config.dir);
  } catch (const InputError& error) {
    problems.emplace_back(error.what());
    return {};
  }
  std::erase_if(names.adapters, [&](const NamedAdapter& adapter) { return exclusion.covers(adapter.name); });
  std::erase_if(names.unusable, [&](const UnusableAdapter& adapter) { return exclusion.covers(adapter.name); });
  exclusion.add_unused(problems);
  if (names.adapters.empty() && names.unusable.empty() && problems.size() == before)
    problems.emplace_back("adapters.exclude: leaves no adapter; exclude fewer");
  return names;
}

}  // namespace lorasweep

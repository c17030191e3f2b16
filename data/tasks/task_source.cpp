// SPDX-License-Identifier: Apache-2.0
// Looks for tasks in the file system.
#include "data/tasks/task_source.h"

#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <tuple>

#include "data/core/error.h"
#include "data/tasks/lorahub_folder.h"

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

/// The last name of a path, also where it ends in a slash or in a dot.
fs::path own_name(const fs::path& path) {
  const fs::path plain = fs::absolute(path).lexically_normal();
  return plain.has_filename() ? plain.filename() : plain.parent_path().filename();
}

TaskSource folder_task(const fs::path& path) {
  return {.name = own_name(path).string(), .path = path, .form = TaskForm::lorahub_folder};
}

TaskSource file_task(const fs::path& path) {
  return {.name = path.stem().string(), .path = path, .form = TaskForm::bbh_json};
}

std::optional<TaskSource> task_at(const fs::directory_entry& entry) {
  const fs::path& path = entry.path();
  if (path.filename().string().starts_with('.')) return std::nullopt;
  std::error_code ignored;
  if (entry.is_directory(ignored)) {
    if (is_lorahub_folder(path)) return folder_task(path);
  } else if (path.extension() == ".json") {  // a dangling link too: reading it names the problem
    return file_task(path);
  }
  return std::nullopt;
}

std::vector<TaskSource> tasks_in(const fs::path& directory) {
  std::vector<TaskSource> sources;
  std::error_code failure;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end; entry.increment(failure))
    if (auto source = task_at(*entry)) sources.push_back(*std::move(source));
  if (failure) throw InputError(directory.string(), "cannot be listed: " + failure.message());
  return sources;
}

std::string some_names(const std::vector<TaskSource>& sources) {
  constexpr std::size_t kShown = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(sources.size(), kShown); ++i) names += (i > 0 ? ", " : "") + sources[i].name;
  return names + (sources.size() > kShown ? ", ..." : "");
}

}  // namespace

std::vector<TaskSource> find_tasks(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    throw ConfigError("tasks.path", path.string() + " does not exist", "point it to a file or directory of tasks");
  if (!fs::is_directory(path, ignored)) return {file_task(path)};
  if (is_lorahub_folder(path)) return {folder_task(path)};

  std::vector<TaskSource> sources = tasks_in(path);
  if (sources.empty())
    throw ConfigError(
        "tasks.path", path.string() + " holds no task",
        "it should hold BBH *.json files, or folders with example.jsonl, zero_shot.jsonl and few_shot.jsonl");
  std::sort(sources.begin(), sources.end(), [](const TaskSource& a, const TaskSource& b) {
    return std::tie(a.name, a.path) < std::tie(b.name, b.path);
  });
  return sources;
}

std::vector<TaskSource> matching_tasks(std::vector<TaskSource> sources, const std::vector<std::string>& globs) {
  if (globs.empty()) throw ConfigError("tasks.names", "is empty", "name tasks, or use [\"*\"] for all");
  const auto matches = [](const std::string& glob, const TaskSource& source) {
    return fnmatch(glob.c_str(), source.name.c_str(), 0) == 0;
  };
  for (const std::string& glob : globs)
    if (std::none_of(sources.begin(), sources.end(), [&](const auto& source) { return matches(glob, source); }))
      throw ConfigError("tasks.names", "no task matches \"" + glob + '"',
                        "there are " + std::to_string(sources.size()) + ": " + some_names(sources));
  std::erase_if(sources, [&](const TaskSource& source) {
    return std::none_of(globs.begin(), globs.end(), [&](const auto& glob) { return matches(glob, source); });
  });
  return sources;
}

}  // namespace lorasweep

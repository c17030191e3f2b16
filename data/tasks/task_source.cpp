// SPDX-License-Identifier: Apache-2.0
// Looks for tasks in the file system.
#include "data/tasks/task_source.h"

#include "data/core/error.h"
#include "data/tasks/lorahub_folder.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

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

constexpr const char* other_form =
    "has no form that is read: a task is a *.json or *.jsonl file, or a folder with example.jsonl";

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code failure;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end; entry.increment(failure))
    entries.push_back(entry->path());
  if (failure) throw InputError(directory.string(), "cannot be listed: " + failure.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_json_lines(const fs::path& path) { return !is_folder(path) && path.extension() == ".jsonl"; }

/// What `path` would be if it were not hidden.
std::optional<TaskSource> task_at(const fs::path& path) {
  if (is_folder(path)) return is_lorahub_folder(path) ? std::optional(folder_task(path)) : std::nullopt;
  // A dangling link too: reading it names the problem.
  return path.extension() == ".json" ? std::optional(file_task(path)) : std::nullopt;
}

bool holds_tasks(const fs::path& directory) {
  const std::vector<fs::path> entries = entries_of(directory);
  return std::any_of(entries.begin(), entries.end(),
                     [](const fs::path& path) { return is_json_lines(path) || task_at(path).has_value(); });
}

/// What to report of a `path` that is not a task; nothing if it can hardly be meant as one.
std::optional<PassedOver> if_meant_as_task(const fs::path& path) {
  if (!is_folder(path)) return needs_no_report(path) ? std::nullopt : std::optional<PassedOver>({path, other_form});
  if (needs_no_report(path) || path.filename() == "cot-prompts") return std::nullopt;
  if (holds_tasks(path))
    return PassedOver{path,
                      "is a folder of tasks: only tasks.path itself is looked through, so name this folder there"};
  return PassedOver{path, "is a folder with none of the files of a task"};
}

/// Further files of a LoraHub folder.
void pass_over_others(const fs::path& folder, std::vector<PassedOver>& passed_over) {
  for (const fs::path& path : entries_of(folder))
    if (!needs_no_report(path) && !is_lorahub_file(path))
      passed_over.push_back({path, "is not one of the three files of a LoraHub folder"});
}

/// Files of JSON lines are tasks where there are no others, as in BBH's first release; beside others they may be
/// anything.
TaskSearch tasks_in(const fs::path& directory) {
  TaskSearch search;
  std::vector<fs::path> lines;
  for (const fs::path& path : entries_of(directory)) {
    auto task = task_at(path);
    const bool is_hidden = path.filename().string().starts_with('.');
    if ((task || is_json_lines(path)) && is_hidden) {
      search.passed_over.push_back({path, "is hidden"});
    } else if (task) {
      if (task->form == TaskForm::lorahub_folder) pass_over_others(path, search.passed_over);
      search.found.push_back(*std::move(task));
    } else if (is_json_lines(path)) {
      lines.push_back(path);
    } else if (auto other = if_meant_as_task(path)) {
      search.passed_over.push_back(*std::move(other));
    }
  }
  const bool are_tasks = search.found.empty();
  for (const fs::path& path : lines)
    if (are_tasks)
      search.found.push_back(file_task(path));
    else
      search.passed_over.push_back(
          {path, "holds JSON lines, which are read as a task where no task of another form is"});
  std::sort(search.passed_over.begin(), search.passed_over.end(),
            [](const PassedOver& a, const PassedOver& b) { return a.path < b.path; });
  return search;
}

/// Two names of one file, or of one folder, would count it twice.
void refuse_second_paths(const std::vector<TaskSource>& sources) {
  std::map<std::pair<dev_t, ino_t>, fs::path> seen;
  for (const TaskSource& source : sources) {
    struct stat status = {};
    if (stat(source.path.c_str(), &status) != 0) continue;
    const auto [first, is_new] = seen.emplace(std::pair(status.st_dev, status.st_ino), source.path);
    if (!is_new)
      throw InputError(source.path.string(), "is the same as " + first->second.string() + ": it would be counted twice",
                       "remove one of them");
  }
}

/// The first few of what is there instead of tasks, with the reason.
std::string described(const std::vector<PassedOver>& entries) {
  constexpr std::size_t shown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(entries.size(), shown); ++i)
    text += (i == 0 ? ": " : "; ") + own_name(entries[i].path).string() + ' ' + entries[i].reason;
  return text + (entries.size() > shown ? "; ..." : "");
}

std::string some_names(const std::vector<TaskSource>& sources) {
  constexpr std::size_t shown = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(sources.size(), shown); ++i) names += (i > 0 ? ", " : "") + sources[i].name;
  return names + (sources.size() > shown ? ", ..." : "");
}

}  // namespace

TaskSearch search_tasks(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    throw ConfigError("tasks.path", path.string() + " does not exist", "point it to a file or directory of tasks");
  if (!is_folder(path)) return {.found = {file_task(path)}, .passed_over = {}};
  if (is_lorahub_folder(path)) {
    TaskSearch search{.found = {folder_task(path)}, .passed_over = {}};
    pass_over_others(path, search.passed_over);
    return search;
  }

  TaskSearch search = tasks_in(path);
  if (search.found.empty())
    throw ConfigError("tasks.path", path.string() + " holds no task" + described(search.passed_over),
                      "it should hold BBH *.json or *.jsonl files, or folders with example.jsonl, zero_shot.jsonl and "
                      "few_shot.jsonl");
  std::sort(search.found.begin(), search.found.end(), [](const TaskSource& a, const TaskSource& b) {
    return std::tie(a.name, a.path) < std::tie(b.name, b.path);
  });
  refuse_second_paths(search.found);
  return search;
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

// SPDX-License-Identifier: Apache-2.0
// Where tasks lie: found by content below one path, chosen by globs over their names.
#pragma once

#include "data/core/passed_over.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

enum class TaskForm { bbh_json, lorahub_folder };

struct TaskSource {
  std::string name;            ///< file name without extension, or folder name
  std::filesystem::path path;  ///< the file or the folder
  TaskForm form;
};

struct TaskSearch {
  std::vector<TaskSource> found;        ///< sorted bytewise by name, then by path; names may repeat
  std::vector<PassedOver> passed_over;  ///< sorted by path
};

/// `path` is one BBH file (.json, .jsonl), one LoraHub folder, or a directory of such; its *.jsonl are tasks if there
/// are no others. Passed over and reported is what might be meant as a task: files of other forms, hidden ones, folders
/// of tasks, further files of a LoraHub folder. ConfigError if there is no task.
TaskSearch search_tasks(const std::filesystem::path& path);

/// Those whose name matches a glob (fnmatch(3)), in the same order. ConfigError if a glob matches none: it is
/// a typing error.
std::vector<TaskSource> matching_tasks(std::vector<TaskSource> sources, const std::vector<std::string>& globs);

}  // namespace lorasweep

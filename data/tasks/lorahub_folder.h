// SPDX-License-Identifier: Apache-2.0
// LoraHub's task folders: example.jsonl (to learn from), zero_shot.jsonl (to be scored on), few_shot.jsonl
// (the same with examples in front of each input); rows {"context": "...", "completion": "..."}.
#pragma once

#include "data/tasks/text_example.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

/// Whether anything asks for the test set with shots in front.
enum class FewShotPrompts { wanted, if_there };

struct LorahubFolder {
  std::vector<TextExample> examples;
  std::vector<TextExample> zero_shot;
  std::vector<TextExample> few_shot;  ///< row i has the answer of zero_shot[i]; empty: there is no few_shot.jsonl
};

/// Whether `folder` is a directory with at least one of the three files: what is missing is then an error and
/// not another format.
bool is_lorahub_folder(const std::filesystem::path& folder);

/// Whether `file` has the name of one of the three.
bool is_lorahub_file(const std::filesystem::path& file);

/// InputError if a file is missing (few_shot.jsonl: if it is wanted) or malformed, or if few_shot.jsonl does not go
/// with zero_shot.jsonl row by row.
LorahubFolder read_lorahub_folder(const std::filesystem::path& folder, FewShotPrompts few_shot);

}  // namespace lorasweep

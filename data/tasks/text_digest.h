// SPDX-License-Identifier: Apache-2.0
// By which a manifest knows a task's texts again.
#pragma once

#include "data/tasks/task.h"

#include <string>
#include <vector>

namespace lorasweep {

/// SHA-256 over the lists in their order, in hex digits: their lengths, inputs and targets.
std::string digest_of_texts(const std::vector<const std::vector<TextExample>*>& lists);

/// Of all texts of a task: shots, test set, few-shot inputs, and the shots of further draws.
std::string digest_of_texts(const Task& task);

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// What a configuration means for the texts of tasks, given the model that is to read them.
#pragma once

#include "data/tasks/task.h"
#include "pipeline/config/config.h"

namespace lorasweep {

/// `continues_prompt`: as ModelPlan has it. It decides what is not configured: an encoder gets the input as it is;
/// where the answer continues the prompt, a line break ends the prompt, so that no token reaches over the border. What
/// a named template says of the completion comes before the default.
TaskOptions task_options(const TasksConfig& config, bool continues_prompt);

}  // namespace lorasweep

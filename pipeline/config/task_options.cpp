// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/task_options.h"

namespace lorasweep {

TaskOptions task_options(const TasksConfig& config, bool continues_prompt) {
  TaskOptions options{.path = config.path,
                      .names = config.names,
                      .shots = config.shots,
                      .shot_seeds = config.shot_seed,
                      .pool = config.pool,
                      .prompt = config.prompt,
                      .completion = config.completion,
                      .around = find_named_template(config.named_template),
                      .limit = config.limit};
  const bool ends_with_prompt = continues_prompt && options.around == nullptr;
  if (options.prompt.empty()) options.prompt = ends_with_prompt ? "{input}\n" : "{input}";
  if (options.completion.empty())
    options.completion = options.around == nullptr ? default_completion : options.around->completion;
  options.shot_form = ends_with_prompt ? ShotForm::continued : ShotForm::two_lines;
  return options;
}

}  // namespace lorasweep

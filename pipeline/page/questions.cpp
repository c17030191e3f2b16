// SPDX-License-Identifier: Apache-2.0
#include "pipeline/page/questions.h"

#include "pipeline/page/html.h"

#include <algorithm>

namespace lorasweep {

Questions::Questions(const SweepResults& results)
    : inputs_(results.summary.task.size()), canaries_(results.summary.canary) {
  canaries_.resize(inputs_.size());
  const Examples& e = results.examples;
  for (std::size_t row = 0; row < e.role.size(); ++row) {
    if (static_cast<ExampleRole>(e.role[row]) != ExampleRole::test || e.input[row].empty()) continue;
    auto& of_task = inputs_.at(e.task_index[row]);
    const std::size_t example = e.example_index[row];
    of_task.resize(std::max(of_task.size(), example + 1));
    of_task[example] = e.input[row];
    any_ = true;
  }
}

const std::string& Questions::of(std::size_t task, std::size_t example) const {
  static const std::string unknown;
  return example < inputs_[task].size() ? inputs_[task][example] : unknown;
}

std::string Questions::canary_html(std::size_t task) const {
  return canaries_[task].empty() ? "" : "<p class=\"canary\">" + escaped(canaries_[task]) + "</p>\n";
}

}  // namespace lorasweep

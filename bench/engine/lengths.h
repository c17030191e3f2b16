// SPDX-License-Identifier: Apache-2.0
// How long the examples of BIG-Bench Hard are.
#pragma once

#include <array>
#include <span>
#include <vector>

namespace lorasweep::bench {

/// Tokens of one task: five quantiles (10, 30, 50, 70, 90 %) each, that stand for its examples, and how many it tests.
/// Counted from the characters of BBH's files: characters / 3.5, and 2 for the prompt's words and </s>. Over the 6,511
/// examples the means are 107 source and 4 target tokens.
struct TaskLengths {
  const char* name;
  std::array<int, 5> source, target;
  int tests;
};

std::span<const TaskLengths> bbh_lengths();

/// So many tasks spread evenly over the tasks ordered by length, so that any number of members has about the same mean:
/// the median task for one, every task once for 27.
std::vector<int> spread_tasks(int members);

}  // namespace lorasweep::bench

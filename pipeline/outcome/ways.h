// SPDX-License-Identifier: Apache-2.0
// Whose answers are scored, as people and files of tables call them.
#pragma once

#include "data/journal/subject.h"

#include <array>
#include <string_view>

namespace lorasweep {

/// One way to answer a test set.
struct Way {
  Subject subject;
  const char* key;    ///< in JSON and CSV
  const char* label;  ///< in the head of a column
  const char* meaning;
};

/// In the order of columns. Files that know fewer are shown with those that they know.
inline constexpr std::array ways = {
    Way{Subject::zero_shot, "zero_shot", "zero-shot", "the base model, the test example alone"},
    Way{Subject::few_shot, "few_shot", "few-shot", "the base model with the task's shots in front of the example"},
    Way{Subject::uniform, "uniform", "uniform", "the search's adapters, each at one over their number"},
    Way{Subject::best_single, "best_single", "best single", "the one adapter that had the lowest loss on the shots"},
    Way{Subject::random_adapters, "random_adapters", "random adapters",
        "the same search over adapters of random numbers"},
    Way{Subject::search, "search", "composed", "what the search found: the mean over seeds"},
};

inline const Way& way_of(Subject subject) {
  for (const Way& way : ways)
    if (way.subject == subject) return way;
  return ways.back();
}

}  // namespace lorasweep

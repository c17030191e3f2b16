// SPDX-License-Identifier: Apache-2.0
// The sections of a report: each a pure function from what a file holds to HTML.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/outcome/compare.h"
#include "pipeline/outcome/outcome.h"

#include <string>
#include <vector>

namespace lorasweep {

/// Which answers are shown.
enum class ShownAnswers {
  none,
  changed,  ///< those where the base model and the found model are not both right or both wrong
  all,
};

/// A results file that is shown.
struct PageFile {
  std::string name;
  const SweepResults& results;
  Outcome outcome;
  std::string prefix;  ///< of its ids
};

struct PageSection {
  std::string id, heading;
  std::string html;  ///< empty: there is nothing to show
};

PageSection what_was_run(const PageFile& file);
PageSection accuracies(const PageFile& file);
PageSection traces(const PageFile& file);
PageSection weights_by_adapter(const PageFile& file);
PageSection screened(const PageFile& file);
PageSection shots_against_test(const PageFile& file);
PageSection answers(const PageFile& file, ShownAnswers shown);
PageSection where_time_went(const PageFile& file);
PageSection what_failed(const PageFile& file);
PageSection how_to_repeat(const PageFile& file);
/// Of the files against the first; the way they are named is that of `comparison`.
PageSection compared(const Comparison& comparison);

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// `lorasweep show`: the accuracies of a sweep with their intervals, as people and programs take them.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/outcome/outcome.h"

#include <nlohmann/json.hpp>

#include <string>

namespace lorasweep {

enum class TableFormat { text, markdown, latex, csv, json };

/// text, markdown, latex: a row a task, and one of means over the whole tasks. csv: a row an estimate. json: one
/// document with everything. Ends with a newline.
std::string outcome_table(const SweepResults& results, const Outcome& outcome, TableFormat format);

/// The document of TableFormat::json.
nlohmann::ordered_json outcome_json(const SweepResults& results, const Outcome& outcome);

/// "62.6", "62.6 [54.2, 70.1]", "+3.1 [-1.0, 7.2]", "0.0312", "< 0.0001".
std::string number_text(double value);
std::string estimate_text(const Estimate& estimate);
std::string difference_text(const Estimate& estimate);
std::string p_text(double p);

/// The verdict on a difference in words: "better", "worse", "no difference shown". At 5 % of the adjusted p.
const char* verdict_of(const Difference& difference);

/// What the means are over, where that is not all tasks; else empty: "over the 3 of 8 tasks that are whole".
std::string remark_on_whole(const Outcome& outcome);

/// How many searches ended below zero-shot: a sentence; empty if nothing is known of it.
std::string below_text(const SweepResults& results, const Outcome& outcome);

}  // namespace lorasweep

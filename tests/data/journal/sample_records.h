// SPDX-License-Identifier: Apache-2.0
// One record of every kind, with the values that are easily lost: NaN, infinities, negative zero, empty and
// non-ASCII text.
#pragma once

#include "data/journal/record.h"

#include <limits>
#include <string>
#include <vector>

namespace lorasweep {

inline std::vector<Record> sample_records() {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  return {ManifestRecord{R"({"tasks":["é"]})"},
          SessionRecord{"{}"},
          EvaluationRecord{.search = 7,
                           .step = 3,
                           .weights = {0.5, -0.0, 1e-308},
                           .nll = {nan, infinity, 2.25},
                           .loss = -infinity,
                           .regularizer = 0.1,
                           .key = std::string(64, 'a'),
                           .attempt = 2,
                           .worker = -1,
                           .finished_utc = 1.7e9,
                           .seconds = 0.25},
          PredictionRecord{.of = Subject::few_shot,
                           .index = 1,
                           .example = 249,
                           .tokens = {0, -1, 32127},
                           .text = std::string("yes\0no", 6),
                           .attempt = 1,
                           .worker = 4,
                           .finished_utc = 1.7e9,
                           .seconds = 0.5},
          FailureRecord{.of = Subject::zero_shot, .index = 2, .reason = "out of memory"},
          CompleteRecord{},
          TrialRecord{.kind = Trial::ablation,
                      .index = 3,
                      .position = 19,
                      .nll = {nan, -0.0, infinity},
                      .loss = nan,
                      .key = std::string(64, 'b'),
                      .failure = "out of m\xc3\xa9mory",
                      .attempt = 3,
                      .worker = 7,
                      .finished_utc = 1.8e9,
                      .seconds = 0.125}};
}

/// Equal by type and payload bytes: NaN equals itself, 0.0 differs from -0.0.
inline bool same_record(const Record& a, const Record& b) {
  return type_of(a) == type_of(b) && encode_payload(a) == encode_payload(b);
}

}  // namespace lorasweep

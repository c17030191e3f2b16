// SPDX-License-Identifier: Apache-2.0
// What a worker is asked and what it answers: plain values, ids and a few doubles.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace lorasweep {

using TokenIds = std::vector<std::int32_t>;

/// One tokenised example; both sides end with </s>.
struct Example {
  TokenIds source;
  TokenIds target;
  bool operator==(const Example&) const = default;
};

/// What later work refers to by index. Travels once, before any work.
struct Catalogue {
  std::vector<Example> examples;
  std::vector<std::vector<std::int32_t>> example_sets;  ///< indices of examples: the shots of each task
  bool operator==(const Catalogue&) const = default;
};

/// One candidate on one set of examples.
struct Member {
  std::vector<std::int32_t> adapters;  ///< rows of the resident library, in drawn order; none: the base model
  std::int32_t example_set = 0;
  std::vector<double> weights;  ///< one an adapter, or of each adapter one for each place of the run's scope
  bool operator==(const Member&) const = default;
};

/// Teacher-forced losses of several candidates; members may belong to different searches.
struct EvaluateWork {
  std::vector<Member> members;
  bool operator==(const EvaluateWork&) const = default;
};

/// Some examples and the composed model that answers them.
struct PredictMember {
  std::vector<std::int32_t> adapters;  ///< as in Member
  std::vector<double> weights;
  std::vector<std::int32_t> examples;
  bool operator==(const PredictMember&) const = default;
};

/// Greedy decoding for several composed models, which may belong to different searches.
struct PredictWork {
  std::vector<PredictMember> members;
  std::int32_t max_new_tokens = 0;
  bool operator==(const PredictWork&) const = default;
};

using Work = std::variant<EvaluateWork, PredictWork>;

/// For each member, for each example of its set: the sum of the target tokens' negative log-likelihoods (natural
/// logarithm). May be NaN or Inf.
struct EvaluateResult {
  std::vector<std::vector<double>> nll;
  bool operator==(const EvaluateResult&) const = default;
};

/// For each member, for each of its examples: the generated ids, without the start token, with the end token if one was
/// reached; cut before a stop text (AnswerEnds), so that decoding them gives the text before it.
struct PredictResult {
  std::vector<std::vector<TokenIds>> tokens;
  bool operator==(const PredictResult&) const = default;
};

/// The work could not be done (an exception on the worker).
struct WorkFailure {
  std::string reason;
  bool operator==(const WorkFailure&) const = default;
};

using Outcome = std::variant<EvaluateResult, PredictResult, WorkFailure>;

}  // namespace lorasweep

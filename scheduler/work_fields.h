// SPDX-License-Identifier: Apache-2.0
// The fields of what workers/work/ names, as they travel: to add one, add it to its list here.
#pragma once

#include "scheduler/archive.h"
#include "workers/work/answer_ends.h"
#include "workers/work/channel.h"

namespace boost::serialization {

template <typename A>
void serialize(A& archive, lorasweep::Example& example, unsigned) {
  lorasweep::fields(archive, example.source, example.target);
}
template <typename A>
void serialize(A& archive, lorasweep::Catalogue& catalogue, unsigned) {
  lorasweep::fields(archive, catalogue.examples, catalogue.example_sets);
}
template <typename A>
void serialize(A& archive, lorasweep::AnswerEnds& ends, unsigned) {
  lorasweep::fields(archive, ends.tokens, ends.texts, ends.token_bytes);
}
template <typename A>
void serialize(A& archive, lorasweep::Member& member, unsigned) {
  lorasweep::fields(archive, member.adapters, member.example_set, member.weights);
}
template <typename A>
void serialize(A& archive, lorasweep::EvaluateWork& work, unsigned) {
  lorasweep::fields(archive, work.members);
}
template <typename A>
void serialize(A& archive, lorasweep::PredictMember& member, unsigned) {
  lorasweep::fields(archive, member.adapters, member.weights, member.examples);
}
template <typename A>
void serialize(A& archive, lorasweep::PredictWork& work, unsigned) {
  lorasweep::fields(archive, work.members, work.max_new_tokens);
}
template <typename A>
void serialize(A& archive, lorasweep::EvaluateResult& result, unsigned) {
  lorasweep::fields(archive, result.nll);
}
template <typename A>
void serialize(A& archive, lorasweep::PredictResult& result, unsigned) {
  lorasweep::fields(archive, result.tokens);
}
template <typename A>
void serialize(A& archive, lorasweep::WorkFailure& failure, unsigned) {
  lorasweep::fields(archive, failure.reason);
}
template <typename A>
void serialize(A& archive, lorasweep::Order& order, unsigned) {
  lorasweep::fields(archive, order.unit, order.attempt, order.work);
}
template <typename A>
void serialize(A& archive, lorasweep::Report& report, unsigned) {
  lorasweep::fields(archive, report.unit, report.attempt, report.seconds, report.outcome);
}
template <typename A>
void serialize(A& archive, lorasweep::WorkerCapacity& capacity, unsigned) {
  lorasweep::fields(archive, capacity.members, capacity.predictions);
}

}  // namespace boost::serialization

// SPDX-License-Identifier: Apache-2.0
// Work that a test can check: the ids that go out as examples come back as tokens.
#pragma once

#include "scheduler/transport.h"
#include "workers/work/channel.h"

#include <utility>
#include <variant>

namespace lorasweep {

inline Work echo_request(TokenIds ids) {
  return PredictWork{.members = {{.adapters = {}, .weights = {}, .examples = std::move(ids)}}, .max_new_tokens = 1};
}

inline TokenIds echo_answer(const Report& report) { return std::get<PredictResult>(report.outcome).tokens.at(0).at(0); }

inline Report echo(Order order) {
  return {.unit = order.unit,
          .attempt = order.attempt,
          .seconds = 0.25,
          .outcome = PredictResult{{{std::move(std::get<PredictWork>(order.work).members.at(0).examples)}}}};
}

inline void echo_all(Channel& channel) {
  while (auto order = channel.receive(true)) channel.send(echo(std::move(*order)));
}

}  // namespace lorasweep

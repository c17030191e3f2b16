// SPDX-License-Identifier: Apache-2.0
// Work that a test can check: the ids that go out as examples come back as tokens.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "scheduler/transport.h"
#include "scheduler/work_codec.h"
#include "workers/work/channel.h"

namespace lorasweep {

inline std::string echo_request(TokenIds ids) {
  return encode_work(
      PredictWork{.members = {{.adapter_set = -1, .weights = {}, .examples = std::move(ids)}}, .max_new_tokens = 1});
}

inline TokenIds echo_answer(const std::string& payload) {
  return std::get<PredictResult>(decode_outcome(payload)).tokens.at(0).at(0);
}

inline WorkReport echo(WorkOrder order) {
  return {.unit = order.unit,
          .attempt = order.attempt,
          .outcome = PredictResult{{{std::move(std::get<PredictWork>(order.work).members.at(0).examples)}}},
          .seconds = 0.25};
}

inline void echo_all(Channel& channel) {
  while (auto order = channel.receive(true)) {
    channel.send(echo(std::move(*order)));
  }
}

}  // namespace lorasweep

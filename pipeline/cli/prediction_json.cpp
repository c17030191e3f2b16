// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/prediction_json.h"

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

Json as_json(const std::optional<Probed>& probed) {
  if (!probed) return nullptr;
  return {{"seconds", probed->seconds},
          {"evaluations", probed->evaluations},
          {"answers", probed->answers},
          {"answers_cut_off", probed->cut},
          {"crowding", probed->crowding}};
}

Json time_of(const Prediction& prediction) {
  if (!prediction.time) return nullptr;
  const Forecast& time = *prediction.time;
  return {{"seconds", time.with(prediction.workforce.workers)},
          {"start_seconds", time.start},
          {"end_seconds", time.end},
          {"evaluations_worker_seconds", time.evaluations},
          {"answers_worker_seconds", time.answers},
          {"longest_search_seconds", time.longest},
          {"useful_workers", time.useful_workers()},
          {"known_by", prediction.probed ? "probe" : "rate"},
          {"rate", written(prediction.rates)},
          {"probe", as_json(prediction.probed)}};
}

}  // namespace

Json as_json(const Prediction& prediction) {
  return {{"time", time_of(prediction)},
          {"workers", prediction.workforce.workers},
          {"workers_per_node", prediction.workforce.of_node},
          {"memory_bytes_per_node", prediction.memory},
          {"disk_bytes", prediction.journal + prediction.results},
          {"journal_bytes", prediction.journal},
          {"results_bytes", prediction.results}};
}

}  // namespace lorasweep

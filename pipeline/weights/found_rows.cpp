// SPDX-License-Identifier: Apache-2.0
// Reads the summary of a results file as rows.
#include "pipeline/weights/found_rows.h"

#include "data/core/error.h"
#include "data/results/results_reader.h"
#include "pipeline/weights/row_values.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace lorasweep {
namespace {

std::uint32_t seed_of(std::int64_t seed, const std::string& file) {
  if (seed < 0 || seed > std::numeric_limits<std::uint32_t>::max())
    throw InputError(file + ": /summary/replicate", fmt::format("the seed {} is none that a sweep can have", seed),
                     "write the file again with `lorasweep collect`");
  return static_cast<std::uint32_t>(seed);
}

}  // namespace

WeightRows found_rows(const std::filesystem::path& results) {
  const SweepResults read = read_results(results);
  const Summary& summary = read.summary;
  const std::size_t replicates = summary.seed.size(), slots = summary.adapter_slots, places = summary.places();
  WeightRows found{.rows = {}, .source = WeightSource::found};
  for (std::size_t task = 0; task < summary.task.size(); ++task)
    for (std::size_t replicate = 0; replicate < replicates; ++replicate)
      for (std::size_t number = 0; number < slots * places; ++number) {
        const std::size_t slot = number / places, place = number % places;
        const std::size_t cell = (task * replicates + replicate) * slots + slot, at = cell * places + place;
        if (summary.adapter_index[cell] < 0 || !std::isfinite(summary.best_weights[at])) continue;
        require_room_for_row(found.rows.size(), results.string());
        found.rows.push_back({.task = summary.task[task],
                              .seed = seed_of(summary.seed[replicate], results.string()),
                              .adapter = read.adapters.name.at(summary.adapter_index[cell]),
                              .place = summary.place.empty() ? "" : summary.place[place],
                              .weight = summary.best_weights[at],
                              .where = fmt::format("{}: /summary/best_weights[{}, {}, {}{}]", results.string(), task,
                                                   replicate, slot, places > 1 ? fmt::format(", {}", place) : "")});
      }
  if (found.rows.empty())
    throw InputError(results.string(), "holds no weights: none of its searches is finished",
                     "finish that run, or name another file");
  return found;
}

}  // namespace lorasweep

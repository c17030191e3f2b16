// SPDX-License-Identifier: Apache-2.0
#include "pipeline/merge/merge_searches.h"

#include "data/adapters/adapter.h"
#include "data/core/error.h"
#include "data/core/file.h"
#include "pipeline/collect/compose_again.h"
#include "pipeline/collect/csv_text.h"
#include "pipeline/merge/merge_adapters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using AdapterSet = std::vector<std::int32_t>;

// In drawn order; none: it is not known, or the search has none.
AdapterSet adapters_of(const Summary& s, std::size_t cell) {
  AdapterSet adapters;
  const auto slots = static_cast<std::size_t>(std::max(s.adapter_slots, 0));
  for (std::size_t slot = cell * slots; slot < (cell + 1) * slots && s.adapter_index[slot] >= 0; ++slot)
    adapters.push_back(s.adapter_index[slot]);
  return adapters;
}

// Sums do not depend on who comes first but for rounding: two orders of the same adapters are one set.
AdapterSet sorted(AdapterSet set) {
  std::ranges::sort(set);
  return set;
}

std::filesystem::path checked_place(const RecordedAdapter& entry, const RecordedLibrary& library) {
  constexpr const char* remedy = "restore it, or give --adapters the folder where the adapters lie now";
  const std::filesystem::path place = place_of(entry, library);
  if (!is_there(place)) throw InputError(place.string(), "the adapter " + entry.name + " is missing", remedy);
  if (Adapter(place, library.base).digest() != entry.sha256)
    throw InputError(place.string(), "the adapter " + entry.name + " changed since the run was made", remedy);
  return place;
}

void require_empty(const std::filesystem::path& directory) {
  std::error_code ignored;
  if (is_there(directory) && !std::filesystem::is_empty(directory, ignored))
    throw ConfigError("--out", directory.string() + " is not empty", "name a new directory: it becomes a library");
}

// Searches of one task and seed must have one set: a table of weights knows no more of them.
void take(std::map<std::pair<std::string, std::int64_t>, std::size_t>& table, const Summary& s, std::size_t cell,
          std::size_t set) {
  const std::string& task = s.task[cell / s.seed.size()];
  const std::int64_t seed = s.seed[cell % s.seed.size()];
  if (const auto [entry, is_new] = table.emplace(std::pair(task, seed), set); !is_new && entry->second != set)
    throw InputError(fmt::format("task {}, seed {}", task, seed),
                     "two searches had different adapters, by other draws of shots",
                     "merge by hand, adapter by adapter: a table of weights cannot tell these searches apart");
}

}  // namespace

std::size_t merge_searches(const SweepResults& results, const MergeRule& rule, const std::filesystem::path& directory,
                           const std::filesystem::path& moved_to) {
  require_empty(directory);
  const RecordedLibrary library = recorded_library(results, moved_to);
  const Summary& s = results.summary;
  std::vector<AdapterSet> sets;
  std::map<std::pair<std::string, std::int64_t>, std::size_t> table;
  for (std::size_t cell = 0; cell < s.task.size() * s.seed.size(); ++cell) {
    const AdapterSet adapters = sorted(adapters_of(s, cell));
    if (adapters.empty()) continue;
    const auto place = std::ranges::find(sets, adapters);
    take(table, s, cell, static_cast<std::size_t>(place - sets.begin()));
    if (place == sets.end()) sets.push_back(adapters);
  }
  if (sets.empty())
    throw InputError(results.title, "has no search whose adapters are known",
                     "continue the run with `lorasweep run DIR`");
  std::map<std::int32_t, std::filesystem::path> places;
  for (const AdapterSet& set : sets)
    for (const std::int32_t a : set)
      if (!places.contains(a)) places[a] = checked_place(library.adapters.at(static_cast<std::size_t>(a)), library);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    MergeRequest request{.rule = rule};
    for (const std::int32_t a : sets[i]) request.adapters.push_back(places.at(a));
    merge_adapters(request, directory / fmt::format("set-{}", i));
  }
  std::string csv = "task,seed,adapter,weight\n";
  for (const auto& [search, set] : table)
    csv += fmt::format("{},{},set-{},1\n", csv_text(search.first), search.second, set);
  write_file_atomically(directory / "weights.csv", csv);
  return sets.size();
}

}  // namespace lorasweep

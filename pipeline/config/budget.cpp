// SPDX-License-Identifier: Apache-2.0
// Takes the screen off the budget.
#include "pipeline/config/budget.h"

#include "data/core/error.h"
#include "pipeline/search/make_optimizer.h"

#include <fmt/format.h>

namespace lorasweep {

bool is_screened(const RunConfig& config) {
  return config.adapters.select == AdapterSelection::screened && config.search.method != given_method;
}

std::size_t counted_adapters(const RunConfig& config) {
  return static_cast<std::size_t>(config.adapters.count) * static_cast<std::size_t>(config.search.rounds);
}

std::size_t search_budget(const RunConfig& config, std::size_t library) {
  const auto budget = static_cast<std::size_t>(config.search.budget);
  if (!is_screened(config) || config.search.method == no_search_method) return budget;
  return budget > library ? budget - library : 0;
}

void require_budget(const RunConfig& config, std::size_t library) {
  if (!is_screened(config)) return;
  const std::size_t count = counted_adapters(config), least = library + 1 + count;
  if (count > library)
    throw ConfigError("adapters.count",
                      fmt::format("{} adapters are to be chosen, but the library has {}", count, library),
                      "lower adapters.count");
  if (config.search.method == no_search_method) return;
  if (least > static_cast<std::size_t>(config.search.budget))
    throw ConfigError("search.budget",
                      fmt::format("{} evaluations are too few: {} adapters alone (adapters.select = \"screened\"), the "
                                  "base model, and one for each of {} adapters",
                                  config.search.budget, library, count),
                      fmt::format("the smallest budget that works is {}; or make adapters.list shorter", least));
}

}  // namespace lorasweep

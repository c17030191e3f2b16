// SPDX-License-Identifier: Apache-2.0
// Checks the options and builds the named algorithm.
#include "pipeline/search/make_optimizer.h"

#include "data/core/error.h"
#include "data/random/counter_random.h"
#include "pipeline/search/cma.h"
#include "pipeline/search/cobyla.h"
#include "pipeline/search/greedy.h"
#include "pipeline/search/one_plus_one.h"
#include "pipeline/search/probe.h"
#include "pipeline/search/random_search.h"
#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search_box.h"
#include "pipeline/search/separable_cma.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lorasweep {
namespace {

constexpr std::size_t most_points = 65'536;
constexpr std::size_t random_wave = 256;

struct Method {
  std::string_view name;
  std::size_t least_population, greatest_population;
  bool draws;  ///< random numbers
  SearchAlgorithm (*start)(const OptimizerOptions&, SearchBox, CounterRandom);
};

constexpr std::array methods = {
    Method{
        "cobyla", 1, 1, false,
        [](const OptimizerOptions& options, SearchBox box, CounterRandom) { return cobyla(options.dimension, box); }},
    Method{
        auto_method, 1, 1, false,
        [](const OptimizerOptions& options, SearchBox box, CounterRandom) { return cobyla(options.dimension, box); }},
    Method{"cma", 2, most_points, true,
           [](const OptimizerOptions& options, SearchBox box, CounterRandom random) {
             const std::size_t own = default_cma_population(options.dimension);
             return cma(options.dimension, box, options.population ? options.population : own, random);
           }},
    Method{"sep-cma", 2, most_points, true,
           [](const OptimizerOptions& options, SearchBox box, CounterRandom random) {
             const std::size_t own = default_cma_population(options.dimension);
             return separable_cma(options.dimension, box, options.population ? options.population : own, random);
           }},
    Method{"probe", 2, most_points, false,
           [](const OptimizerOptions& options, SearchBox box, CounterRandom) {
             const std::size_t own = default_probe_population;
             return probe(options.dimension, box, options.population ? options.population : own);
           }},
    Method{
        "greedy", 1, 1, false,
        [](const OptimizerOptions& options, SearchBox box, CounterRandom) { return greedy(options.dimension, box); }},
    Method{"one-plus-one", 1, 1, true,
           [](const OptimizerOptions& options, SearchBox box, CounterRandom random) {
             return one_plus_one(options.dimension, box, random);
           }},
    Method{"random", 1, most_points, true,
           [](const OptimizerOptions& options, SearchBox box, CounterRandom random) {
             return random_search(options.dimension, box, options.population ? options.population : random_wave,
                                  random);
           }},
};

constexpr auto method_names = [] {
  std::array<std::string_view, methods.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = methods[i].name;
  return names;
}();

const Method& method_named(const std::string& name) {
  const auto method = std::ranges::find(methods, name, &Method::name);
  if (method != methods.end()) return *method;
  std::string known;
  for (const std::string_view each : method_names) known += (known.empty() ? "" : ", ") + std::string(each);
  throw ConfigError("search.method", "unknown method '" + name + "'", "use one of " + known);
}

void check(const OptimizerOptions& options, const Method& method) {
  if (options.dimension < 1 || options.dimension > most_dimensions)
    throw ConfigError("search", "cannot search over " + std::to_string(options.dimension) + " weights",
                      "give a search 1 to " + std::to_string(most_dimensions) + " adapters");
  if (options.budget < 1) throw ConfigError("search.budget", "no evaluations", "allow at least one");
  const bool finite =
      std::isfinite(options.low) && std::isfinite(options.high) && std::isfinite(options.high - options.low);
  if (!finite || !(options.low < options.high) || options.low > 0 || options.high < 0)
    throw ConfigError("search.bounds",
                      "[" + std::to_string(options.low) + ", " + std::to_string(options.high) + "] does not work",
                      "give finite bounds, low < high, with 0 between them, where every search starts");
  if (options.population == 0) return;
  if (options.population < method.least_population || options.population > method.greatest_population)
    throw ConfigError("search.population",
                      std::to_string(options.population) + " is not a population for " + std::string(method.name),
                      method.greatest_population == 1
                          ? "leave it 0: how many points this method asks for at a time is its own"
                          : "use 0 for the method's own choice, or " + std::to_string(method.least_population) +
                                " to " + std::to_string(method.greatest_population));
}

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options) {
  const Method& method = method_named(options.method);
  check(options, method);
  const SearchBox box{.low = options.low, .high = options.high};
  const CounterRandom random(options.seed, options.stream);
  return std::make_unique<ReverseCommunication>(method.start(options, box, random), options.budget);
}

std::span<const std::string_view> optimizer_names() { return method_names; }

bool asks_one_by_one(const std::string& method) {
  const auto known = std::ranges::find(methods, method, &Method::name);
  return known != methods.end() && known->greatest_population == 1;
}

bool draws_random_numbers(const std::string& method) { return method_named(method).draws; }

}  // namespace lorasweep

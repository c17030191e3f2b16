// SPDX-License-Identifier: Apache-2.0
// Rounds of one part more.
#include "pipeline/search/greedy.h"

#include <algorithm>
#include <vector>

namespace lorasweep {
namespace {

constexpr double most_parts = 0x1p40;

/// The soup with one more part, each that there is.
Generation with_one_more(const Weights& soup, double parts, const SearchBox& box) {
  const double share = 1 / (parts + 1);
  Weights others = soup;  // with a part of no adapter
  for (double& weight : others) weight *= 1 - share;
  Generation round;
  const auto add = [&](Weights point) {
    if (point != soup) round.push_back(std::move(point));
  };
  for (std::size_t adapter = 0; adapter < soup.size(); ++adapter) {
    Weights point = others;
    point[adapter] = std::clamp(point[adapter] + share * box.whole(), box.low, box.high);
    add(std::move(point));
  }
  add(std::move(others));
  return round;
}

}  // namespace

SearchAlgorithm greedy(std::size_t dimension, SearchBox box) {
  Weights soup(dimension, 0.0);
  double parts = 0;
  Generation round = with_one_more(soup, parts, box);
  round.insert(round.begin(), soup);
  std::vector<double> objectives = co_yield round;
  double objective = objectives.front();
  while (true) {
    const auto lowest = std::ranges::min_element(objectives);
    if (*lowest < objective) {
      objective = *lowest;
      soup = round[lowest - objectives.begin()];
      ++parts;
    } else {
      parts = std::min(2 * parts + 1, most_parts);
    }
    round = with_one_more(soup, parts, box);
    objectives = co_yield round;
  }
}

}  // namespace lorasweep

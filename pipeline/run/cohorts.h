// SPDX-License-Identifier: Apache-2.0
// Which searches' candidates travel together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

/// Searches whose candidates share a unit, always the same ones: what a device recorded for a batch serves the next one
/// of its kind. At most `most_members` each, two for every worker if there are enough searches, and of about equal
/// cost, so that their chains end together. Single searches where a worker takes one candidate at a time.
std::vector<std::vector<std::uint32_t>> form_cohorts(std::span<const double> cost_of_search, std::size_t most_members,
                                                     std::size_t workers);

}  // namespace lorasweep

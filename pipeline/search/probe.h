// SPDX-License-Identifier: Apache-2.0
// Line searches along many weights at once: no point of a wave waits for another.
#pragma once

#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search_box.h"

#include <cstddef>

namespace lorasweep {

/// Points of a wave, unless somebody says otherwise.
inline constexpr std::size_t default_probe_population = 8;

/// The first wave is w = 0 and each adapter alone, at SearchBox::whole(). The lowest point, the first of equal ones, is
/// the centre from there on. The lines through it along one weight each are ordered by the objectives of their adapters
/// alone, and have steps of a sixth of the box's width. Every further wave has `population` >= 2 points:
/// - at most half of it **together**: the k = 2, 3, ... moves that gained most in the last wave, one a line, added up
///   and divided by sqrt(k), from where these began;
/// - the first lines, as many as there is room for: a step up and a step down from the centre; where there is room for
///   more, steps of a half, a quarter, ... (at most 20). A point that the box cuts off to the centre is left out.
/// Then the lowest point of the wave becomes the centre if it is lower than that; and lines that gained anything come
/// first, by what they gained, those that did not come last. A line that gained goes on with the step that did, twice
/// that where it is the new centre (at most a third of the box's width); one that gained nothing on either side with a
/// half of its smallest (at least 1e-12 of it).
SearchAlgorithm probe(std::size_t dimension, SearchBox box, std::size_t population);

}  // namespace lorasweep

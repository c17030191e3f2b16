// SPDX-License-Identifier: Apache-2.0
// COBYLA (M. J. D. Powell, 1994) without constraints, as nevergrad's NGOpt runs SciPy's on LoraHub's problem.
#pragma once

#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search_box.h"

#include <cstddef>

namespace lorasweep {

/// Minimises by linear interpolation on a simplex. Points are sequential: the start w = 0; each coordinate
/// moved by a sixth of the box's width from the best point so far and kept there if that is strictly better;
/// then steps of this length, halved whenever the model stops helping, against the model's gradient or to
/// repair the simplex. The algorithm itself knows no bounds: what is evaluated is its point bounced into the
/// box. It starts again at its best point if rounding ends it. docs/search.md says how near it is to the
/// reference.
SearchAlgorithm cobyla(std::size_t dimension, SearchBox box);

}  // namespace lorasweep

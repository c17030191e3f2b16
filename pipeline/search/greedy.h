// SPDX-License-Identifier: Apache-2.0
// Greedy soup: one adapter more, whichever helps most, in rounds of which all points may be evaluated at once.
#pragma once

#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search_box.h"

#include <cstddef>

namespace lorasweep {

/// A soup of k parts is the mean of k adapters, of which some may be the same one: its weights are multiples of 1/k. It
/// starts with no parts, w = 0. A round tries as one more part each adapter in the order of weights, and then, unless
/// the soup is empty, no adapter at all:
///   w' = (1 - t) w + t e,   t = 1 / (k + 1),   e = SearchBox::whole() at one adapter, or 0
/// Points equal to w are left out. The lowest objective of the round, the first of equal ones, becomes the soup if it
/// is lower than the soup's; it then has k + 1 parts. Where none is lower, the parts are cut in two, k' = 2k + 1, so
/// that the next ones are half as large; not below 2^-40. The first round is asked for together with w = 0.
///
/// With whole parts alone this is the ensemble selection with replacement of R. Caruana et al. (2004), the mean taken
/// over weights as in the greedy soup of M. Wortsman et al. (arXiv:2203.05482).
SearchAlgorithm greedy(std::size_t dimension, SearchBox box);

}  // namespace lorasweep

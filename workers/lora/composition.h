// SPDX-License-Identifier: Apache-2.0
// How weights and adapters make a change of the base model.
#pragma once

#include <stdexcept>

namespace lorasweep {

/// LoraHub, arXiv 2307.13269, section 2.2; docs/design.md, Words.
enum class Composition {
  /// A = sum w_i A_i and B = sum w_i s_i B_i separately: quadratic in w, with cross terms; all adapters of one shape
  lorahub,
  exact,  ///< sum w_i s_i B_i A_i: factors stacked along the rank; mixed ranks allowed
};

/// As configurations write it.
constexpr const char* name_of(Composition composition) {
  switch (composition) {
    case Composition::lorahub: return "lorahub";
    case Composition::exact: return "exact";
  }
  throw std::logic_error("a composition without a name");
}

}  // namespace lorasweep

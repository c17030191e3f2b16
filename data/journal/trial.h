// SPDX-License-Identifier: Apache-2.0
// What kinds of trials there are: compositions whose loss on a task's shots is wanted although no search asks for it.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace lorasweep {

/// The codes are those of journals (docs/formats/journal.md).
enum class Trial : std::uint8_t {
  screen = 0,    ///< one adapter of the library, alone at 1
  uniform = 1,   ///< all adapters of a search, each at one over their number
  ablation = 2,  ///< what a search found, without one of its adapters
};
inline constexpr Trial last_trial = Trial::ablation;

/// As people read it.
constexpr const char* name_of(Trial kind) {
  switch (kind) {
    case Trial::screen: return "screen";
    case Trial::uniform: return "uniform";
    case Trial::ablation: return "ablation";
  }
  throw std::logic_error("a trial without a name");
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Which bits this program computes, beside what the inputs, the element type and the device decide.
#pragma once

#include "workers/lora/composition.h"

namespace lorasweep {

/// Raised by hand, with a line here, when the same inputs on the same device give other bits than before: runs of
/// another revision are not continued. Build, commit, host and versions of MPI or HDF5 decide no bits.
///   1  all that 0.1.0 computes. Since then products of f32 with AVX-512 have other bits; the device's name says so.
///   2  `exact`: the adapters' changes are summed one after the other, where 0.1.0 had one sum over all their ranks.
constexpr int numerics_revision(Composition composition) { return composition == Composition::exact ? 2 : 1; }

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// A small fixed piece of work: a device that gets other bytes from it would compute other results. It knows no model,
// only the operations: every one that a network or a composition is written in takes part, with shapes that reach main
// loops and remainders of the kernels. Its numbers are made with integers only, so they are the same on every machine.
#pragma once

#include "workers/lora/composition.h"
#include "workers/ops.h"

#include <string>

namespace lorasweep {

/// Bytes of the work's maps as `packing` lays them out.
std::string pack_check_work(const Packing& packing);

/// Bytes of everything that comes out of the work: losses, argmax, an answer's first steps; of `exact` also what
/// adapters give where they lie in a library. Takes some milliseconds. Throws as the operations do.
std::string compute_check_work(Ops& ops, Composition composition);

/// The same of what decoder-only networks compute beside it (Ops::rotary()); empty on a device that has no code for it.
std::string compute_rotary_check_work(Ops& ops);

}  // namespace lorasweep

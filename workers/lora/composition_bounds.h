// SPDX-License-Identifier: Apache-2.0
// Bounds of what compositions take, before any is made.
#pragma once

#include "workers/lora/adapter_library.h"

namespace lorasweep {

/// Of all compositions of at most `most_adapters` adapters of a library: as if its largest ones met.
struct CompositionBounds {
  Index floats = 0;   ///< that a member takes of the composer's memory
  Index columns = 0;  ///< of its widest group: ranks side by side
};
CompositionBounds composition_bounds(const AdapterLibrary& library, Composition composition, Index most_adapters);

}  // namespace lorasweep

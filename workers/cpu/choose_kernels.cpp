// SPDX-License-Identifier: Apache-2.0
// The compiled sets of kernels, and which one serves an instruction set.
#include "workers/cpu/kernels.h"

namespace lorasweep {

namespace portable {
extern const Kernels kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

const Kernels& kernels_for(InstructionSet set) {
#if defined(__x86_64__)
  if (set >= InstructionSet::avx512) return avx512::kernels;
  if (set >= InstructionSet::avx2) return avx2::kernels;
#endif
  static_cast<void>(set);
  return portable::kernels;
}

const Kernels& best_kernels() { return kernels_for(instruction_set()); }

const Kernels& portable_kernels() { return portable::kernels; }

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// In place of workers/cuda in a build without CUDA.
#include "workers/cuda/cuda_devices.h"

namespace lorasweep {
namespace {

DeviceLost no_cuda() {
  return DeviceLost("this build has no code for CUDA devices; configure with -DLORASWEEP_CUDA=ON where nvcc is");
}

}  // namespace

std::unique_ptr<Ops> make_cuda_ops(Element, int) { throw no_cuda(); }
int cuda_device_count() { return 0; }
std::string cuda_signature(int) { throw no_cuda(); }
std::string cuda_identity(int) { throw no_cuda(); }
std::vector<std::pair<std::string, std::string>> cuda_facts() { return {{"CUDA", "not in this build"}}; }

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// What device/make_ops.cpp asks of CUDA. In a build without CUDA device/without_cuda.cpp answers.
#pragma once

#include "workers/ops.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

/// DeviceLost with the reason if there is no such device
std::unique_ptr<Ops> make_cuda_ops(Element activation, int index);
int cuda_device_count();                ///< 0 without a driver; never throws
std::string cuda_signature(int index);  ///< as device_signature()
std::string cuda_identity(int index);   ///< as device_identity()

std::vector<std::pair<std::string, std::string>> cuda_facts();  ///< as device_facts()

}  // namespace lorasweep

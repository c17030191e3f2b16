// SPDX-License-Identifier: Apache-2.0
// The same for cuBLASLt's calls. Apart, because its header is long and few files need it.
#pragma once

#include "workers/cuda/cuda_check.h"

#include <cublasLt.h>

namespace lorasweep {

void check(cublasStatus_t status, const char* call);

}  // namespace lorasweep

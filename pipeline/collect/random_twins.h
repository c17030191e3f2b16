// SPDX-License-Identifier: Apache-2.0
// Random adapters to compare with: as large as an adapter of the library, but nothing was learned.
#pragma once

#include "data/adapters/adapter.h"
#include "data/tensor/tensor.h"
#include "workers/lora/adapter_library.h"

#include <cstdint>

namespace lorasweep {

/// Normal numbers of the factor's shape and Frobenius norm (in f64, over the values in order); zeros for zeros. A pure
/// function of the arguments: `key` and `stream` are those of the counter-based numbers.
Tensor random_like(const Tensor& factor, std::uint64_t key, std::uint64_t stream);

/// The factors of the random twin of a loaded adapter: same sites, ranks and scalings. Key: the first 16 hexadecimal
/// digits of its digest, so that equal adapters have equal twins in every sweep; stream: 2 * site for A, 2 * site + 1
/// for B. The adapter must outlive it.
AdapterValues twin_of(const Adapter& adapter);

}  // namespace lorasweep

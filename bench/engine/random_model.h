// SPDX-License-Identifier: Apache-2.0
// Published FLAN-T5 shapes with random weights: speed does not depend on the values.
#pragma once

#include "data/model/t5_config.h"
#include "workers/engine/language_engine.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep::bench {

/// "small", "base", "large" or "xl". std::invalid_argument for another.
T5Config flan_t5(const std::string& size);

/// Values between -scale and scale from a linear congruence: fast, and the same everywhere.
std::vector<float> random_values(std::size_t count, float scale, std::uint32_t seed);

/// Zeroed host memory, aligned to 64.
std::shared_ptr<std::byte> host_memory(std::size_t bytes);

inline constexpr int adapters_of_a_search = 20, adapter_rank = 16;

/// Images in host memory: the network, and adapters of rank 16 on every q and v, as LoraHub's are.
struct RandomModel {
  T5Config config;
  std::shared_ptr<const std::byte> network, library;
  std::size_t network_bytes = 0, library_bytes = 0;
  std::vector<AdapterShape> adapters;
};
RandomModel random_model(const std::string& size, const Packing& packing, int adapters = adapters_of_a_search);

}  // namespace lorasweep::bench

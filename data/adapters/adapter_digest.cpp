// SPDX-License-Identifier: Apache-2.0
// Digests the values of an adapter and counts its idle sites. A file of its own, because only this part of an adapter
// needs a hash library.
#include "data/adapters/adapter.h"
#include "data/core/digest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lorasweep {

namespace {

bool is_zero(const Tensor& tensor) {
  return std::ranges::all_of(tensor.values, [](float value) { return value == 0; });
}

}  // namespace

AdapterContent Adapter::content() const {
  Sha256 digest;
  int idle_sites = 0;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    digest.add(modules_[i]);
    const std::uint64_t rank = sites_[i].rank;
    digest.add(rank);
    digest.add(sites_[i].scaling);
    bool idle = sites_[i].scaling == 0;
    for (const Tensor& tensor : {read_a(sites_[i]), read_b(sites_[i])}) {
      digest.bytes(std::as_bytes(std::span(tensor.values)));
      idle = idle || is_zero(tensor);
    }
    idle_sites += idle ? 1 : 0;
  }
  return {.sha256 = digest.hex(), .idle_sites = idle_sites};
}

}  // namespace lorasweep

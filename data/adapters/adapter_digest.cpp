// SPDX-License-Identifier: Apache-2.0
// The identity of an adapter. Apart from the rest of it, for it alone needs a hash library.
#include "data/adapters/adapter.h"
#include "data/core/digest.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace lorasweep {

std::string Adapter::digest() const {
  Sha256 digest;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    digest.add(modules_[i]);
    digest.add(static_cast<std::uint64_t>(sites_[i].rank));
    digest.add(sites_[i].scaling);
    for (const Tensor& tensor : {read_a(sites_[i]), read_b(sites_[i])})
      digest.bytes(std::as_bytes(std::span(tensor.values)));
  }
  return digest.hex();
}

}  // namespace lorasweep

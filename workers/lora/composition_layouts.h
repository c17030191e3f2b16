// SPDX-License-Identifier: Apache-2.0
// How the compositions of a sweep's adapter sets are laid out: worked out once, for all engines of a process.
#pragma once

#include "workers/lora/adapter_library.h"

#include <cstdint>
#include <iterator>
#include <vector>

namespace lorasweep {

class CompositionLayouts {
 public:
  /// `library` must outlive it. `adapter_sets`: rows of the library, in drawn order.
  CompositionLayouts(const AdapterLibrary& library, Composition composition,
                     std::vector<std::vector<std::int32_t>> adapter_sets);

  const AdapterLibrary& library() const { return library_; }
  Composition composition() const { return composition_; }
  Index sets() const { return std::ssize(sets_); }
  const std::vector<std::int32_t>& adapters(std::int32_t set) const { return sets_.at(set); }
  const FactorLayout& layout(std::int32_t set) const { return layouts_.at(set); }
  /// Equal for adapter sets whose compositions are laid out alike: the network enqueues the same for both.
  Index layout_id(std::int32_t set) const { return layout_ids_.at(set); }

  Index widest() const;         ///< floats of the widest composition
  Index most_columns() const;   ///< of the widest group: ranks side by side
  Index most_adapters() const;  ///< of a set

 private:
  const AdapterLibrary& library_;
  Composition composition_;
  std::vector<std::vector<std::int32_t>> sets_;
  std::vector<FactorLayout> layouts_;
  std::vector<Index> layout_ids_;  ///< the first set with the same layout
};

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// How the compositions of a sweep's adapter sets are laid out: worked out once, for all engines of a process.
#pragma once

#include "workers/lora/adapter_library.h"

#include <cstdint>
#include <vector>

namespace lorasweep {

class CompositionLayouts {
 public:
  /// `library` must outlive it. `adapter_sets`: rows of the library, in drawn order.
  CompositionLayouts(const AdapterLibrary& library, Composition composition,
                     std::vector<std::vector<std::int32_t>> adapter_sets);

  const AdapterLibrary& library() const { return library_; }
  Composition composition() const { return composition_; }
  int sets() const { return static_cast<int>(sets_.size()); }
  const std::vector<std::int32_t>& adapters(std::int32_t set) const { return sets_.at(set); }
  const FactorLayout& layout(std::int32_t set) const { return layouts_.at(set); }
  /// Equal for adapter sets whose compositions are laid out alike: the network enqueues the same for both.
  int layout_id(std::int32_t set) const { return layout_ids_.at(set); }

  std::int64_t widest() const;  ///< floats of the widest composition
  int most_columns() const;     ///< of the widest group: ranks side by side

 private:
  const AdapterLibrary& library_;
  Composition composition_;
  std::vector<std::vector<std::int32_t>> sets_;
  std::vector<FactorLayout> layouts_;
  std::vector<int> layout_ids_;  ///< the first set with the same layout
};

}  // namespace lorasweep

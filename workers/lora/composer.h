// SPDX-License-Identifier: Apache-2.0
// From weights and the adapter library to the factors of a bypass, for several members at once.
#pragma once

#include "workers/lora/adapter_library.h"
#include "workers/ops.h"
#include "workers/work/work.h"

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace lorasweep {

/// The composed factors of some members, in the device's memory.
class ComposedFactors {
 public:
  /// Rows [first, second) of the matrix at hand belong to each member.
  using RowRanges = std::vector<std::pair<std::int32_t, std::int32_t>>;

  /// The bypass of one group for the members' rows; members that do not change it are left out.
  std::vector<LoraBlock> blocks(int group, const RowRanges& rows) const;

  /// Factors of one member on the host (tests, export): A [rank, in] and B [out, rank] of a site, scaling folded into
  /// B.
  std::pair<Tensor, Tensor> site_factors(Ops& ops, int member, int site) const;

 private:
  friend class Composer;
  const SiteGroups* groups_ = nullptr;
  std::vector<const FactorLayout*> layouts_;  ///< one per member
  View rows_;                                 ///< f32 [members, D]
  std::shared_ptr<std::byte> memory_;
};

/// What composition needs of a member: its adapters (rows of the library, in drawn order) and their weights.
struct MemberWeights {
  std::int32_t adapter_set = 0;
  std::span<const double> weights;
};

/// Layout of a composition of these adapters (rows of the library).
FactorLayout composed_layout(const AdapterLibrary& library, const std::vector<std::int32_t>& adapters,
                             Composition composition);

class Composer {
 public:
  /// `library` and `ops` must outlive it. `adapter_sets`: rows of the library.
  Composer(Ops& ops, const AdapterLibrary& library, Composition composition,
           std::vector<std::vector<std::int32_t>> adapter_sets);

  /// Enqueues the composition. The result of the previous call is overwritten.
  const ComposedFactors& compose(std::span<const MemberWeights> members);

  /// Equal for adapter sets whose compositions are laid out alike: the network enqueues the same for both.
  int layout(std::int32_t adapter_set) const { return layout_ids_.at(adapter_set); }
  /// Gives the factors' memory back. Whatever was enqueued with them must have happened.
  void release();

 private:
  std::vector<StackedPart> stacked_parts(std::int32_t set) const;

  Ops& ops_;
  const AdapterLibrary& library_;
  Composition composition_;
  std::vector<std::vector<std::int32_t>> sets_;
  std::vector<FactorLayout> layouts_;  ///< of a composition of each set
  std::vector<int> layout_ids_;        ///< the first set with the same layout
  ComposedFactors factors_;
  std::size_t capacity_ = 0;  ///< bytes of factors_.memory_
};

}  // namespace lorasweep

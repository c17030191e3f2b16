// SPDX-License-Identifier: Apache-2.0
// From weights and the adapter library to the factors of a bypass, for several members at once.
#pragma once

#include "workers/lora/composition_layouts.h"
#include "workers/ops.h"
#include "workers/work/work.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace lorasweep {

/// The composed factors of some members, in the device's memory.
class ComposedFactors {
 public:
  /// Rows [first, second) of the matrix in question belong to each member.
  using RowRanges = std::vector<std::pair<Index, Index>>;

  /// The bypass of one group for the members' rows; members that do not change it are left out.
  std::vector<LoraBlock> blocks(Index group, const RowRanges& rows) const;

  /// Factors of one member on the host (tests, export): A [rank, in] and B [out, rank] of a site, scaling folded into
  /// B.
  std::pair<Tensor, Tensor> site_factors(Ops& ops, Index member, int site) const;

 private:
  friend class Composer;
  const SiteGroups* groups_ = nullptr;
  std::vector<const FactorLayout*> layouts_;  ///< one per member
  View rows_;                                 ///< f32 [members, D]
  std::shared_ptr<std::byte> memory_;
};

/// Composed adapters and the rows of a matrix that each of them changes; `factors` null: the base model.
struct Bypass {
  const ComposedFactors* factors = nullptr;
  ComposedFactors::RowRanges rows;
};

/// What composition needs of a member: its adapters (rows of the library, in drawn order) and their weights.
struct MemberWeights {
  std::int32_t adapter_set = 0;
  std::span<const double> weights;
};

class Composer {
 public:
  /// `ops` and `layouts` must outlive it; `image` is the device's image of the library. std::invalid_argument for a
  /// lorahub composition of adapters with different sites or ranks.
  Composer(Ops& ops, const CompositionLayouts& layouts, std::shared_ptr<const std::byte> image);

  /// Enqueues the composition. The result of the previous call is overwritten.
  const ComposedFactors& compose(std::span<const MemberWeights> members);

  /// What compose() makes the ops keep beside the factors.
  static WorkspaceSize scratch(const ScratchSizes& ops, Composition composition, const CompositionShape& largest);

  /// Gives the factors' memory back. Whatever was enqueued with them must have happened.
  void release();

 private:
  /// Makes room for the factors of these members.
  void take_members(std::span<const MemberWeights> members);
  void combine(std::span<const MemberWeights> members);
  void stack(std::span<const MemberWeights> members);
  std::vector<StackedPart> stacked_parts(std::int32_t set) const;

  Ops& ops_;
  const CompositionLayouts& layouts_;
  std::shared_ptr<const std::byte> image_;
  ComposedFactors factors_;
  std::size_t capacity_ = 0;  ///< bytes of factors_.memory_
};

}  // namespace lorasweep

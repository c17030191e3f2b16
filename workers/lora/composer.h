// SPDX-License-Identifier: Apache-2.0
// From weights and the adapter library to the factors of a bypass, for several members at once.
#pragma once

#include "workers/lora/adapter_library.h"
#include "workers/ops.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

/// The composed factors of some members, in the device's memory: `lorahub` has the sums of a member's adapters there,
/// `exact` only which rows of the library these are and their weights.
class ComposedFactors {
 public:
  /// Rows [first, second) of the matrix in question belong to each member.
  using RowRanges = std::vector<std::pair<Index, Index>>;

  /// The bypass of one group for the members' rows; members that do not change it are left out.
  std::vector<LoraBlock> blocks(Index group, const RowRanges& rows) const;

  /// Factors of one member on the host (tests, export): A [rank, in] and B [out, rank] of a site, scaling folded into
  /// B. Of `exact` the adapters' own, one below the other along the rank, with the weights in B, too.
  std::pair<Tensor, Tensor> site_factors(Ops& ops, Index member, int site) const;

 private:
  friend class Composer;
  /// Factors that lie in one row: what a member adds up.
  struct Part {
    const FactorLayout* layout = nullptr;
    View row;                             ///< f32 [1, D]: of the sums, or of the library
    std::vector<float> weights;           ///< of each place; none if it is a sum
    const WeightedRow* chosen = nullptr;  ///< of each place, on the device; none if it is a sum
    float weight(int place) const { return weights.empty() ? 1 : weights[place]; }
  };
  struct Member {
    std::vector<Part> parts;
    bool in_place = false;  ///< the parts are rows of the library
  };
  void add_summed(std::vector<LoraBlock>& blocks, const Part& sum, Index group, std::pair<Index, Index> rows) const;
  void add_in_place(std::vector<LoraBlock>& blocks, const Member& member, Index group,
                    std::pair<Index, Index> rows) const;

  const AdapterLibrary* library_ = nullptr;
  View rows_;  ///< f32 [K, D]: the library, or f32 [members, D]: the sums
  std::vector<Member> members_;
  std::shared_ptr<std::byte> memory_;
};

/// Composed adapters and the rows of a matrix that each of them changes; `factors` null: the base model.
struct Bypass {
  const ComposedFactors* factors = nullptr;
  ComposedFactors::RowRanges rows;
};

/// What composition needs of a member: its adapters (rows of the library, in drawn order; none: the base model) and
/// their weights: one an adapter, for all places of the library's groups, or of each adapter one a place.
struct MemberWeights {
  std::span<const std::int32_t> adapters;
  std::span<const double> weights;
  float weight(std::size_t adapter, int place) const;
};

class Composer {
 public:
  /// `ops` and `library` must outlive it; `image` is the device's image of the library.
  Composer(Ops& ops, const AdapterLibrary& library, Composition composition, std::shared_ptr<const std::byte> image);

  /// Enqueues the composition. The result of the previous call is overwritten. std::out_of_range for a row that the
  /// library does not have; std::invalid_argument for a number of weights that is neither that of the adapters nor that
  /// of their places, and for a lorahub composition of adapters with different sites or ranks (one alone may have any).
  const ComposedFactors& compose(std::span<const MemberWeights> members);

  /// Equal for lists of adapters whose compositions are laid out alike: a network enqueues the same for both. The
  /// adapters must be some that compose() takes.
  std::string layout_key(std::span<const std::int32_t> adapters) const;

  /// What compose() makes the ops keep beside the factors.
  static WorkspaceSize scratch(const ScratchSizes& ops, Composition composition, const CompositionShape& largest);

  /// Gives the factors' memory back. Whatever was enqueued with them must have happened.
  void release();

 private:
  void check(const MemberWeights& member) const;
  /// Memory of so many bytes for what the members need.
  std::byte* make_room(std::size_t bytes);
  void sum(std::span<const MemberWeights> members);
  void sum_by_place(View out, std::span<const MemberWeights> members);
  void choose(std::span<const MemberWeights> members);

  Ops& ops_;
  const AdapterLibrary& library_;
  Composition composition_;
  std::shared_ptr<const std::byte> image_;
  ComposedFactors factors_;
  std::size_t capacity_ = 0;  ///< bytes of factors_.memory_
};

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// The resident adapter library: every adapter a row of one matrix, in layer order, and what composition makes of rows.
#pragma once

#include "data/tensor/tensor.h"
#include "workers/lora/composition.h"
#include "workers/lora/site_groups.h"
#include "workers/ops.h"

#include <cstddef>
#include <functional>
#include <iterator>
#include <vector>

namespace lorasweep {

/// Which sites an adapter changes. Values come through AdapterValues.
struct AdapterShape {
  struct Site {
    int site = 0, rank = 0;
    double scaling = 1;
  };
  std::vector<Site> sites;  ///< ascending by site
};

/// Reads the factors of site number `i` of adapter `a`'s list: A [rank, in], B [out, rank].
struct AdapterValues {
  std::function<Tensor(int a, int i)> read_a, read_b;
};

/// Where the factors of one adapter, or of a composition, lie in a row of floats. Place by place, so that what shares a
/// number lies together, for each group A^T [in, columns] (the ranks of its sites in that place side by side, padded to
/// the kernels' width), then for each of these sites B^T [rank, out].
struct FactorLayout {
  struct Term {
    Index entry = 0;  ///< of the group
    Index first_rank = 0, rank = 0;
    Index b_offset = 0;
  };
  /// Sites of a group that share a number.
  struct Block {
    int place = 0;
    Index a_offset = 0;
    Index columns = 0;
    std::vector<Term> terms;  ///< at least one
  };
  struct Group {
    std::vector<Block> blocks;  ///< ascending by place
    Index columns() const;      ///< of all blocks
  };
  std::vector<Group> groups;      ///< as SiteGroups::all()
  std::vector<Index> place_ends;  ///< where the floats of each place end; the next one's begin there
  Index size = 0;                 ///< floats

  bool operator==(const FactorLayout&) const;
};

/// Layout for these ranks (one per site; 0: the site is not changed).
FactorLayout layout_factors(const SiteGroups& groups, const std::vector<int>& ranks);

/// The library matrix [K, D] in f32: layout, filling, and the view of an image. Scalings are folded into B.
class AdapterLibrary {
 public:
  AdapterLibrary(const SiteGroups& groups, std::vector<AdapterShape> adapters);

  std::size_t bytes() const;
  /// Fills `image` (bytes() long, host memory); one process of a node does it, the others share the memory.
  void write(std::byte* image, const AdapterValues& values) const;
  /// Fills the row of one adapter, for those who give values back in between.
  void write_row(std::byte* image, int adapter, const AdapterValues& values) const;

  Index size() const { return std::ssize(adapters_); }
  const SiteGroups& groups() const { return groups_; }
  const std::vector<AdapterShape>& adapters() const { return adapters_; }
  const FactorLayout& layout(int adapter) const { return layouts_[layout_ids_[adapter]]; }
  /// Equal for adapters that are laid out alike.
  Index layout_id(int adapter) const { return layout_ids_[adapter]; }
  /// The matrix in an image that the device has.
  View rows(const std::byte* image) const;

 private:
  SiteGroups groups_;
  std::vector<AdapterShape> adapters_;
  std::vector<FactorLayout> layouts_;  ///< that differ
  std::vector<Index> layout_ids_;      ///< of each adapter
  Index stride_ = 0;                   ///< floats of a row
};

}  // namespace lorasweep

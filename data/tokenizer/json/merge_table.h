// SPDX-License-Identifier: Apache-2.0
// Which pairs of tokens are joined to which token, and when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lorasweep {

/// Sorted lists, one for each left token: no choice of pairs makes a search long, as it could in a hash table.
class MergeTable {
 public:
  struct Merge {
    std::int32_t left = 0, right = 0;
    std::int32_t rank = 0;  ///< the least is joined first
    std::int32_t made = 0;
  };

  MergeTable() = default;
  /// Ids are from 0 to one less than `tokens`; of equal pairs the last counts.
  MergeTable(std::vector<Merge> merges, std::int32_t tokens);

  /// nullptr: the pair is not joined.
  const Merge* find(std::int32_t left, std::int32_t right) const;

 private:
  std::vector<Merge> merges_;                 // by left and right
  std::vector<std::uint32_t> first_of_left_;  // and one more: where the last list ends
};

}  // namespace lorasweep

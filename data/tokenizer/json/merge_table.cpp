// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/merge_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace lorasweep {

MergeTable::MergeTable(std::vector<Merge> merges, std::int32_t tokens)
    : merges_(std::move(merges)), first_of_left_(static_cast<std::size_t>(tokens) + 1, 0) {
  // Behind each other as they were, so the last of equal pairs is the last of its run.
  std::ranges::stable_sort(merges_, {}, [](const Merge& merge) { return std::pair(merge.left, merge.right); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < merges_.size(); ++i) {
    const bool again =
        i + 1 < merges_.size() && merges_[i + 1].left == merges_[i].left && merges_[i + 1].right == merges_[i].right;
    if (!again) merges_[kept++] = merges_[i];
  }
  merges_.resize(kept);
  for (const Merge& merge : merges_) ++first_of_left_[static_cast<std::size_t>(merge.left) + 1];
  for (std::size_t i = 1; i < first_of_left_.size(); ++i) first_of_left_[i] += first_of_left_[i - 1];
}

const MergeTable::Merge* MergeTable::find(std::int32_t left, std::int32_t right) const {
  const Merge* first = merges_.data() + first_of_left_[static_cast<std::size_t>(left)];
  const Merge* last = merges_.data() + first_of_left_[static_cast<std::size_t>(left) + 1];
  const Merge* found = std::lower_bound(first, last, right,
                                        [](const Merge& merge, std::int32_t wanted) { return merge.right < wanted; });
  return found == last || found->right != right ? nullptr : found;
}

}  // namespace lorasweep

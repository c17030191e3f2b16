// SPDX-License-Identifier: Apache-2.0
// Made level by level from sorted texts, so that the children of a node lie side by side in the order of their labels.
#include "data/tokenizer/json/prefix_tree.h"

#include <algorithm>
#include <deque>

namespace lorasweep {

PrefixTree::PrefixTree(std::vector<std::pair<std::string_view, std::int32_t>> texts) : nodes_(1) {
  std::ranges::sort(texts);
  struct Open {
    std::int32_t node;
    std::size_t first, last, depth;  // texts [first, last) have the node's bytes in common
  };
  std::deque<Open> open = {{0, 0, texts.size(), 0}};
  for (; !open.empty(); open.pop_front()) {
    auto [node, first, last, depth] = open.front();
    if (first < last && texts[first].first.size() == depth) nodes_[node].id = texts[first++].second;
    nodes_[node].first_child = static_cast<std::int32_t>(nodes_.size());
    while (first < last) {
      const char label = texts[first].first[depth];
      std::size_t end = first + 1;
      while (end < last && texts[end].first[depth] == label) ++end;
      open.push_back({static_cast<std::int32_t>(nodes_.size()), first, end, depth + 1});
      nodes_.emplace_back();
      labels_.push_back(static_cast<unsigned char>(label));
      ++nodes_[node].children;
      first = end;
    }
  }
  of_first_byte_.assign(256, -1);
  for (std::int32_t i = 0; i < nodes_[0].children; ++i) of_first_byte_[labels_[i]] = i + 1;
}

std::int32_t PrefixTree::child(std::int32_t node, unsigned char label) const {
  if (node == 0) return of_first_byte_.empty() ? -1 : of_first_byte_[label];
  const auto first = labels_.begin() + (nodes_[node].first_child - 1), last = first + nodes_[node].children;
  const auto found = std::lower_bound(first, last, label);
  return found == last || *found != label ? -1 : static_cast<std::int32_t>(found - labels_.begin()) + 1;
}

}  // namespace lorasweep

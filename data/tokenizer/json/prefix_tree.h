// SPDX-License-Identifier: Apache-2.0
// Which of many texts stand at a place.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace lorasweep {

/// A tree of bytes. Its size is that of the texts together, whatever they are.
class PrefixTree {
 public:
  PrefixTree() : nodes_(1) {}
  /// Texts with their ids, from 0; no text twice, none empty.
  explicit PrefixTree(std::vector<std::pair<std::string_view, std::int32_t>> texts);

  /// Calls found(length, id) for each text that `at` begins with, the shortest first. Gives the number of bytes that
  /// were looked at.
  template <typename Found>
  std::size_t each_prefix(std::string_view at, Found found) const {
    std::int32_t node = 0;
    for (std::size_t length = 1; length <= at.size(); ++length) {
      node = child(node, static_cast<unsigned char>(at[length - 1]));
      if (node < 0) return length;
      if (nodes_[node].id >= 0) found(length, nodes_[node].id);
    }
    return at.size();
  }

 private:
  struct Node {
    std::int32_t id = -1;  // none
    std::int32_t first_child = 0, children = 0;
  };
  std::int32_t child(std::int32_t node, unsigned char label) const;

  std::vector<Node> nodes_;
  std::vector<unsigned char> labels_;        // of node i + 1
  std::vector<std::int32_t> of_first_byte_;  // children of the root
};

}  // namespace lorasweep

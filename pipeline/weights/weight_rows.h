// SPDX-License-Identifier: Apache-2.0
// Weights of adapters as rows, whatever file they came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

inline constexpr std::size_t most_weight_rows = 1'000'000;
inline constexpr std::size_t most_weight_bytes = 64u << 20;  ///< of a table

/// One weight. What is empty means all: all tasks, all seeds, all adapters of the library, all places of the scope.
struct WeightRow {
  std::string task;
  std::optional<std::uint32_t> seed;
  std::string adapter;
  std::string place = {};
  double weight = 0;  ///< finite
  std::string where;  ///< file and line, element or cell
};

enum class WeightSource {
  table,  ///< somebody wrote it for this sweep: a row that fits nothing is an error
  found,  ///< by a sweep, which may have had more tasks and seeds than are wanted now
};

struct WeightRows {
  std::vector<WeightRow> rows;  ///< in the order of the file
  WeightSource source = WeightSource::table;
};

}  // namespace lorasweep

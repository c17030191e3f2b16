// SPDX-License-Identifier: Apache-2.0
// What numpy, scipy and statsmodels found (tests/golden/make/make_statistics.py).
#pragma once

#include "data/core/file.h"
#include "data/core/json.h"
#include "pipeline/statistics/score_matrix.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

inline const nlohmann::ordered_json& statistics_golden(const std::string& part) {
  static const nlohmann::ordered_json all = parse_json(
      read_file(std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "statistics" / "statistics.json", std::size_t{1} << 20),
      "statistics.json", {.bytes = std::size_t{1} << 20});
  return all.at(part);
}

inline ScoreMatrix scores_of(const nlohmann::ordered_json& matrix) {
  return ScoreMatrix::correctness(matrix.at("replicates"), matrix.at("examples"),
                                  matrix.at("values").get<std::vector<std::int8_t>>());
}

}  // namespace lorasweep

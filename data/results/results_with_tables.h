// SPDX-License-Identifier: Apache-2.0
// Results with further tables in the same file; results_writer.cpp does it.
#pragma once

#include "data/results/results_schema.h"
#include "data/results/sweep_results.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lorasweep {

class WrittenContent;

/// As write_results() (results_writer.h), and `more` beside the tables of the results.
void write_results_with_tables(
    const SweepResults& results, const std::vector<Table>& more, const std::filesystem::path& path,
    const std::function<std::string(const std::filesystem::path& file, const WrittenContent& written)>& read_back);

}  // namespace lorasweep

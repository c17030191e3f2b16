// SPDX-License-Identifier: Apache-2.0
#include "data/results/spectrum_file.h"

#include "data/core/error.h"
#include "data/results/checked_reading.h"
#include "data/results/hdf5_file.h"
#include "data/results/plain_hdf5.h"
#include "data/results/results_with_tables.h"
#include "data/results/spectrum_tables.h"

#include <string>

namespace lorasweep {

void write_results_with_spectrum(const SweepResults& results, Spectrum spectrum, const std::filesystem::path& path,
                                 const ReadBack& read_back) {
  if (const std::string wrong = first_contradiction(spectrum, results); !wrong.empty())
    throw InternalError(wrong, path.string());
  write_results_with_tables(results, spectrum_tables(spectrum), path, read_back);
}

std::optional<Spectrum> read_spectrum(const std::filesystem::path& path, const SweepResults& results) {
  const Hdf5File file = Hdf5File::open(path);
  require_plain_hdf5(file);
  if (!file.has("/spectrum")) return std::nullopt;
  if (!file.has("/overlap")) refuse(file, "/overlap", "is missing");
  Spectrum spectrum;
  spectrum.components = small_extent(file, "/spectrum/component");
  for (const Table& table : spectrum_tables(spectrum))
    for (const Column& column : table.columns) read_column(file, table, column, Since::schema_1_2);
  if (const std::string wrong = first_contradiction(spectrum, results); !wrong.empty()) refuse(file, "/", wrong);
  return spectrum;
}

}  // namespace lorasweep

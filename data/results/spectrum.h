// SPDX-License-Identifier: Apache-2.0
// Singular values of what adapters and compositions change, as plain columns: `lorasweep spectrum` makes them, no run
// does. Names in the file: spectrum_tables.h, docs/formats/results.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {

/// Codes of `Spectrum::of`.
enum class SpectrumOf : std::int8_t { adapter = 0, composition = 1 };

/// Adapters come first, then compositions by task and replicate; of each its sites in the order of their names.
struct Spectrum {
  std::int32_t components = 0;  ///< singular values of the site that has most: extent of component
  /// [row] whose it is: a SpectrumOf; an adapter's index, or a composition's task and replicate, and -1 otherwise
  std::vector<std::int8_t> of;
  std::vector<std::int32_t> adapter_index, task_index, replicate;
  std::vector<std::string> site;            ///< [row] PEFT's path of the linear map
  std::vector<std::int32_t> out, in, rank;  ///< [row] the map's size, and the factors' rank
  std::vector<double> frobenius, top_share, effective_rank, stable_rank;  ///< [row] as SpectrumMeasures; NaN: no change
  std::vector<double> singular_values;  ///< [row, component] descending; NaN: there are fewer

  /// [pair] how alike two of them are: one of the above, and an adapter.
  struct Overlap {
    std::vector<std::int8_t> of;
    std::vector<std::int32_t> adapter_index, task_index, replicate;
    std::vector<std::int32_t> with_adapter, n_sites;
    std::vector<double> out, in;  ///< mean over the sites that both change, 0 to 1; NaN: there is none
  } overlap;
};

}  // namespace lorasweep

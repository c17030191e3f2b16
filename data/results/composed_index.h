// SPDX-License-Identifier: Apache-2.0
// How composed models lie in a results file: a table of what they are, and one dataset of numbers each.
#pragma once

#include "data/results/results_schema.h"
#include "data/results/sweep_results.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {

/// The numbers of a model lie end to end, filled up with zeros to whole rows of so many: a dataset needs a scale for
/// each dimension, and two short ones describe what one of millions would.
constexpr std::uint64_t composed_row = 1024;

/// `/composed` as a table. Models with the same tensors share their entries.
struct ComposedIndex {
  std::vector<std::int32_t> task_index, replicate;    ///< [model]
  std::vector<std::string> adapter_config;            ///< [model]
  std::vector<std::int32_t> first_tensor, n_tensors;  ///< [model] its range of the tensors below
  std::int32_t slots = 0;                             ///< adapters of the model that has most: extent of adapter_slot
  std::vector<std::string> place;                     ///< as Summary::place
  std::vector<double> weights;                        ///< [model, adapter_slot] NaN where a model has fewer
  std::vector<std::string> adapters;                  ///< [model, adapter_slot] empty where a model has fewer
  std::vector<std::string> tensor;                    ///< [tensor] PEFT keys
  std::vector<std::int32_t> rows, columns;            ///< [tensor]
  std::vector<std::int64_t> offset;                   ///< [tensor] of its first number among those of a model
};

/// A view, as those of result_tables.
Table composed_table(ComposedIndex& index);

/// InternalError for a tensor that is not a matrix.
ComposedIndex index_of(const std::vector<ComposedModel>& models, const std::vector<std::string>& places);

/// Of all tensors, without what fills up the last row.
std::uint64_t count_of_values(const ComposedModel& model);

/// "values_<model>", in the group of the table.
std::string values_name(std::size_t model);
/// "row_<count>": the scale of the first dimension of values with so many rows. The second has "place".
std::string row_scale(std::uint64_t rows);
constexpr const char* place_scale = "place";

}  // namespace lorasweep

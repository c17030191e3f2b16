// SPDX-License-Identifier: Apache-2.0
// A method's name and options -> an optimizer. Choices that a user may leave open are made here only.
#pragma once

#include "pipeline/search/optimizer.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

/// The method that is a rule for all of a search: the adapters that are best alone, `cobyla` among them, and a guard
/// (config_builder.h). Its points are those of cobyla.
inline constexpr const char* auto_method = "auto";
/// No search at all: the base model is evaluated, and what stands beside a search is asked. No optimizer has this name.
inline constexpr const char* no_search_method = "none";

inline constexpr std::size_t most_dimensions = 4096;  ///< cobyla and cma keep square matrices

struct OptimizerOptions {
  std::string method = "cobyla";  ///< one of optimizer_names()
  std::size_t dimension = 0;      ///< numbers of a candidate
  std::size_t budget = 0;         ///< evaluations: exactly this many points are proposed
  double low = -1.5;              ///< bounds of every weight; 0 lies within them
  double high = 1.5;
  std::size_t population =
      0;                     ///< points a generation; 0: the method's own choice. Sequential methods know only 0 and 1
  std::uint64_t seed = 0;    ///< key of the random methods' numbers, with
  std::uint64_t stream = 0;  ///< one stream a task
};

/// The optimizer's first point is w = 0. Equal options and equal objectives told give equal points. Throws
/// ConfigError for an unknown method and for sizes it cannot work with.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options);

std::span<const std::string_view> optimizer_names();

/// Whether a method asks for its next point only when it has been told of the last; false for an unknown one.
bool asks_one_by_one(const std::string& method);

/// Whether the points of a method depend on seed and stream. ConfigError for an unknown one.
bool draws_random_numbers(const std::string& method);

}  // namespace lorasweep

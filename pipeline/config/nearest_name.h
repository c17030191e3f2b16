// SPDX-License-Identifier: Apache-2.0
// The name that a user probably meant by a misspelt one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

/// The nearest of `names` by edit distance, case and the kind of dash aside, if it is near enough to be meant (a third
/// of the letters); the first of equals.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> names);

}  // namespace lorasweep

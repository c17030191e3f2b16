// SPDX-License-Identifier: Apache-2.0
// Which adapters a screen chooses: a function of their losses alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lorasweep {

/// Places of the `count` lowest losses (all, if there are fewer), the lowest first; equal ones in their order, and
/// after all others those that are not finite, in theirs.
std::vector<std::int32_t> lowest_losses(std::span<const double> losses, std::size_t count);

/// Place of the lowest loss, the first of equal ones; nothing if none is finite.
std::optional<std::int32_t> lowest_loss(std::span<const double> losses);

}  // namespace lorasweep

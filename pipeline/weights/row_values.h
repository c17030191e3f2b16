// SPDX-License-Identifier: Apache-2.0
// What the cells of a row may hold, for both spellings of the table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lorasweep {

inline constexpr std::array<std::string_view, 5> row_keys = {"task", "seed", "adapter", "place", "weight"};
inline constexpr std::string_view place_key = "place";  ///< the only column that may be missing

/// InputError at `where` for a column or key that is none of row_keys.
void require_row_key(const std::string& key, const std::string& where);

/// Empty: all. InputError at `where` for what is no integer from 0 to 2^32 - 1.
std::optional<std::uint32_t> seed_of_text(const std::string& text, const std::string& where);
/// InputError at `where` for what is no finite number.
double weight_of_text(const std::string& text, const std::string& where);

/// InputError if a table with this many rows cannot have another.
void require_room_for_row(std::size_t rows, const std::string& file);

}  // namespace lorasweep

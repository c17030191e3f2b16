// SPDX-License-Identifier: Apache-2.0
// What the reference takes each code point for, whatever Unicode's version here or there.
#pragma once

#include <cstdint>

namespace lorasweep {

/// A code point has exactly one of letter, number, mark, white_space and other, and any of the rest.
namespace unicode {
inline constexpr std::uint8_t letter = 1;           ///< \p{L}
inline constexpr std::uint8_t number = 2;           ///< \p{N}
inline constexpr std::uint8_t mark = 4;             ///< \p{M}
inline constexpr std::uint8_t white_space = 8;      ///< \s
inline constexpr std::uint8_t word_character = 16;  ///< \w, beside which a token that must be a whole word is not found
inline constexpr std::uint8_t takes_part_in_nfc = 32;  ///< NFC changes it, moves it, or joins it with what is before it
inline constexpr std::uint8_t digit = 64;              ///< Digits cuts it out; of a later Unicode than \p{N}
inline constexpr std::uint8_t other = 128;             ///< neither letter nor number, mark or white space
}  // namespace unicode

/// The classes of a code point up to U+10FFFF.
std::uint8_t unicode_classes(char32_t point);

}  // namespace lorasweep

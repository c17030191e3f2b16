// SPDX-License-Identifier: Apache-2.0
// The part of Python's str that scoring needs, on code points.
#pragma once

#include <string>
#include <string_view>

namespace lorasweep {

bool is_utf8(std::string_view bytes);  ///< strict: no overlong forms, no surrogates, nothing above U+10FFFF

/// Decodes UTF-8. A byte that belongs to no character becomes U+DC00 + byte (Python's "surrogateescape"), so
/// nothing is lost or equated.
std::u32string code_points(std::string_view bytes);

bool is_space(char32_t c);  ///< str.isspace

/// str.lower for Latin (with Latin-1, Extended-A and Romanian's S and T with comma), Greek and Cyrillic
/// letters: more than the vocabularies of such models can spell. Fixed here and not left to a locale, so that scores
/// agree between machines. Where Python looks at context (final sigma) or gives two code points (dotted
/// capital I), this does not.
char32_t lower(char32_t c);

}  // namespace lorasweep

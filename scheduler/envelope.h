// SPDX-License-Identifier: Apache-2.0
// Bytes on their way between processes: what they are, how many, and a checksum.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lorasweep {

enum class EnvelopeKind : std::uint8_t { message = 1, work = 2, outcome = 3, catalogue = 4 };

/// magic | version | kind | length | content | XXH3-64 of all before it
std::string seal(EnvelopeKind kind, std::string_view content);
/// The content, a view into `envelope`. InternalError if it is another kind, of another version, or damaged.
std::string_view open_envelope(EnvelopeKind kind, std::string_view envelope);

}  // namespace lorasweep

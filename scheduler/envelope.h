// SPDX-License-Identifier: Apache-2.0
// Bytes on their way between processes: what they are, how many, and a checksum.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lorasweep {

enum class EnvelopeKind : std::uint8_t {
  message = 1,
  device_offer = 2,
  worker_setup = 3,
  check_question = 4,
  check_values = 5
};

/// magic | version | kind | length | content | XXH3-64 of all before it. Written in one piece of memory: the content is
/// what is appended between the two calls.
std::string begin_envelope(EnvelopeKind kind);
void close_envelope(std::string& envelope);

/// Both, for content that is there already.
std::string seal(EnvelopeKind kind, std::string_view content);

/// The content, a view into `envelope`. InternalError if it is another kind, of another version, or damaged.
std::string_view open_envelope(EnvelopeKind kind, std::string_view envelope);

/// The content without a look at the checksum, for whoever passes the bytes on unread; empty if it is no envelope.
std::string_view unchecked_content(std::string_view envelope);

}  // namespace lorasweep

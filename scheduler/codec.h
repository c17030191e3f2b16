// SPDX-License-Identifier: Apache-2.0
// The one codec of everything that travels between processes: fields in an archive, sealed once.
#pragma once

#include "scheduler/archive.h"
#include "scheduler/envelope.h"

#include <string>
#include <string_view>

namespace lorasweep {

template <typename T>
std::string to_sealed_bytes(EnvelopeKind kind, const T& value) {
  std::string bytes = begin_envelope(kind);
  BytesOut(bytes) << value;
  close_envelope(bytes);
  return bytes;
}

/// InternalError for anything that to_sealed_bytes() did not make.
template <typename T>
T from_sealed_bytes(EnvelopeKind kind, std::string_view bytes) {
  BytesIn archive(open_envelope(kind, bytes));
  T value;
  archive >> value;
  if (archive.left() != 0) throw InternalError("a message between processes is longer than what it says");
  return value;
}

}  // namespace lorasweep

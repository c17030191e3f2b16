// SPDX-License-Identifier: Apache-2.0
// Writing an envelope in place, and refusing what is none.
#include "scheduler/envelope.h"

#include "data/core/error.h"

#include <xxhash.h>

#include <cstring>

namespace lorasweep {
namespace {

constexpr char magic[3] = {'L', 'S', 'W'};
constexpr std::uint8_t version = 3;
constexpr std::size_t length_at = sizeof magic + 1 + 1;
constexpr std::size_t head = length_at + sizeof(std::uint64_t), tail = sizeof(std::uint64_t);
constexpr std::size_t most_messages = 256;  // bytes: an order for one candidate needs no second allocation

[[noreturn]] void refuse(const char* why) { throw InternalError(std::string("a message between processes ") + why); }

}  // namespace

std::string begin_envelope(EnvelopeKind kind) {
  std::string bytes;
  bytes.reserve(most_messages);
  bytes.append(magic, sizeof magic);
  bytes += static_cast<char>(version);
  bytes += static_cast<char>(kind);
  bytes.append(sizeof(std::uint64_t), '\0');  // the length, known when it is closed
  return bytes;
}

void close_envelope(std::string& envelope) {
  const std::uint64_t length = envelope.size() - head;
  std::memcpy(envelope.data() + length_at, &length, sizeof length);
  const std::uint64_t sum = XXH3_64bits(envelope.data(), envelope.size());
  envelope.append(reinterpret_cast<const char*>(&sum), sizeof sum);
}

std::string seal(EnvelopeKind kind, std::string_view content) {
  std::string bytes = begin_envelope(kind);
  bytes.append(content);
  close_envelope(bytes);
  return bytes;
}

std::string_view open_envelope(EnvelopeKind kind, std::string_view envelope) {
  if (envelope.size() < head + tail || std::memcmp(envelope.data(), magic, sizeof magic) != 0)
    refuse("was not made by lorasweep");
  std::uint64_t length = 0, sum = 0;
  std::memcpy(&length, envelope.data() + length_at, sizeof length);
  std::memcpy(&sum, envelope.data() + envelope.size() - tail, tail);
  if (length != envelope.size() - head - tail || sum != XXH3_64bits(envelope.data(), envelope.size() - tail))
    refuse("is damaged");
  if (static_cast<std::uint8_t>(envelope[sizeof magic]) != version)
    refuse("is of another version: all ranks must run the same program");
  if (static_cast<std::uint8_t>(envelope[sizeof magic + 1]) != static_cast<std::uint8_t>(kind))
    refuse("is of another kind than expected");
  return envelope.substr(head, length);
}

std::string_view unchecked_content(std::string_view envelope) {
  return envelope.size() < head + tail ? std::string_view() : envelope.substr(head, envelope.size() - head - tail);
}

}  // namespace lorasweep

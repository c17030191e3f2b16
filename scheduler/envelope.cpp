// SPDX-License-Identifier: Apache-2.0
#include "scheduler/envelope.h"

#include "data/core/error.h"

#include <xxhash.h>

#include <cstring>

namespace lorasweep {
namespace {

constexpr char magic[3] = {'L', 'S', 'W'};
constexpr std::uint8_t version = 2;
constexpr std::size_t head = sizeof magic + 1 + 1 + sizeof(std::uint64_t), tail = sizeof(std::uint64_t);

[[noreturn]] void refuse(const char* why) { throw InternalError(std::string("a message between processes ") + why); }

}  // namespace

std::string seal(EnvelopeKind kind, std::string_view content) {
  std::string bytes;
  bytes.reserve(head + content.size() + tail);
  bytes.append(magic, sizeof magic);
  bytes += static_cast<char>(version);
  bytes += static_cast<char>(kind);
  const std::uint64_t length = content.size();
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
  bytes.append(content);
  const std::uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return bytes;
}

std::string_view open_envelope(EnvelopeKind kind, std::string_view envelope) {
  if (envelope.size() < head + tail || std::memcmp(envelope.data(), magic, sizeof magic) != 0)
    refuse("is none of ours");
  std::uint64_t length = 0, sum = 0;
  std::memcpy(&length, envelope.data() + head - sizeof length, sizeof length);
  std::memcpy(&sum, envelope.data() + envelope.size() - tail, tail);
  if (length != envelope.size() - head - tail || sum != XXH3_64bits(envelope.data(), envelope.size() - tail))
    refuse("is damaged");
  if (static_cast<std::uint8_t>(envelope[3]) != version)
    refuse("is of another version: all ranks must run the same program");
  if (static_cast<std::uint8_t>(envelope[4]) != static_cast<std::uint8_t>(kind))
    refuse("is of another kind than expected");
  return envelope.substr(head, length);
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/message.h"

#include "scheduler/archive.h"

namespace lorasweep {
namespace {

// All messages have one form on the wire; what a kind does not need stays empty.
struct Wire {
  std::uint8_t kind = 0;
  std::int32_t members = 0, predictions = 0;
  std::uint64_t unit = 0;
  std::uint32_t attempt = 0;
  double seconds = 0;
  std::string payload, failure;

  template <typename A>
  void serialize(A& archive, unsigned) {
    archive& kind& members& predictions& unit& attempt& seconds& payload& failure;
  }
};

struct ToWire {
  Wire operator()(const Hello& m) const {
    return {.kind = 0, .members = m.capacity.members, .predictions = m.capacity.predictions};
  }
  Wire operator()(const Order& m) const {
    return {.kind = 1, .unit = m.unit, .attempt = m.attempt, .payload = m.payload};
  }
  Wire operator()(const Report& m) const {
    return {.kind = 2,
            .unit = m.unit,
            .attempt = m.attempt,
            .seconds = m.seconds,
            .payload = m.payload,
            .failure = m.failure};
  }
  Wire operator()(const Beat&) const { return {.kind = 3}; }
  Wire operator()(const Stop&) const { return {.kind = 4}; }
};

}  // namespace

std::string encode_message(const Message& message) {
  return to_sealed_bytes(EnvelopeKind::message, static_cast<const Wire&>(std::visit(ToWire{}, message)));
}

Message decode_message(std::span<const char> bytes) {
  auto wire = from_sealed_bytes<Wire>(EnvelopeKind::message, {bytes.data(), bytes.size()});
  switch (wire.kind) {
    case 0: return Hello{{wire.members, wire.predictions}};
    case 1: return Order{wire.unit, wire.attempt, std::move(wire.payload)};
    case 2: return Report{wire.unit, wire.attempt, wire.seconds, std::move(wire.payload), std::move(wire.failure)};
    case 3: return Beat{};
    case 4: return Stop{};
    default: throw InternalError("a message between processes is of an unknown kind");
  }
}

}  // namespace lorasweep

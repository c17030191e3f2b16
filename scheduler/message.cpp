// SPDX-License-Identifier: Apache-2.0
// The fields of the messages that are not workers/work/'s.
#include "scheduler/message.h"

#include "scheduler/codec.h"
#include "scheduler/work_fields.h"

namespace boost::serialization {

template <typename A>
void serialize(A& archive, lorasweep::Hello& hello, unsigned) {
  lorasweep::fields(archive, hello.capacity);
}
template <typename A>
void serialize(A&, lorasweep::Stop&, unsigned) {}
template <typename A>
void serialize(A& archive, lorasweep::Parting& parting, unsigned) {
  lorasweep::serialize_enum(archive, parting.ending, lorasweep::Ending::together);
  lorasweep::fields(archive, parting.reason);
}

}  // namespace boost::serialization

namespace lorasweep {

std::string encode_message(const Message& message) { return to_sealed_bytes(EnvelopeKind::message, message); }

Message decode_message(std::string_view bytes) { return from_sealed_bytes<Message>(EnvelopeKind::message, bytes); }

bool looks_like_order(std::string_view bytes) {
  static const std::size_t order = Message(Order{}).index();
  const std::string_view content = unchecked_content(bytes);
  return !content.empty() && static_cast<unsigned char>(content.front()) == order;
}

}  // namespace lorasweep

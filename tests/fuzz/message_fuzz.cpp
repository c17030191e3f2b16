// SPDX-License-Identifier: Apache-2.0
// Messages and work between processes: the bytes as they are, and as the content of right envelopes.
#include "scheduler/envelope.h"
#include "scheduler/message.h"
#include "scheduler/work_codec.h"

#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  const std::string_view bytes = as_text(data, size);
  const auto sealed = [&](EnvelopeKind kind) { return seal(kind, bytes); };
  accept_or_refuse([&] { decode_message(bytes); });
  accept_or_refuse([&] { decode_message(sealed(EnvelopeKind::message)); });
  accept_or_refuse([&] { decode_work(sealed(EnvelopeKind::work)); });
  accept_or_refuse([&] { decode_outcome(sealed(EnvelopeKind::outcome)); });
  accept_or_refuse([&] { decode_catalogue(sealed(EnvelopeKind::catalogue)); });
  return 0;
}

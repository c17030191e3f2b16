// SPDX-License-Identifier: Apache-2.0
// Messages and work between processes: the bytes as they are, and as the content of right envelopes.
#include "scheduler/codec.h"
#include "scheduler/message.h"
#include "scheduler/work_fields.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  const std::string_view bytes = as_text(data, size);
  const auto sealed = [&](EnvelopeKind kind) { return seal(kind, bytes); };
  accept_or_refuse([&] { decode_message(bytes); });
  accept_or_refuse([&] { decode_message(sealed(EnvelopeKind::message)); });
  accept_or_refuse(
      [&] { from_sealed_bytes<Catalogue>(EnvelopeKind::worker_setup, sealed(EnvelopeKind::worker_setup)); });
  return 0;
}

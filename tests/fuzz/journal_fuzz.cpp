// SPDX-License-Identifier: Apache-2.0
// A journal: frames, records, torn tails; and records by themselves, where no checksum stands in the way (the first
// byte is the type). What was read is written again and must be the same bytes.
#include "data/journal/journal_frame.h"
#include "data/journal/journal_reader.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  accept_or_refuse([&] {
    const std::string_view bytes = as_text(data, size);
    const JournalContent content = parse_journal(bytes, "journal");
    if (content.records.empty()) return;
    std::string again = journal_head(content.version);
    for (std::size_t i = 0; i < content.records.size(); ++i) {
      const auto head = read_frame_head(bytes.substr(again.size()), content.version);
      if (!head) std::abort();
      append_frame(
          again, {.version = content.version, .type = type_of(content.records[i]), .sequence = i, .first = head->first},
          encode_payload(content.records[i]));
    }
    if (again != bytes.substr(0, content.valid_bytes)) std::abort();
  });
  accept_or_refuse([&] {
    if (size == 0) return;
    const std::string payload(as_text(data + 1, size - 1));
    const Record record = decode_payload(data[0], payload, "record");
    if (type_of(record) != data[0] || encode_payload(record) != payload) std::abort();
  });
  return 0;
}

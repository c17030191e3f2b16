// SPDX-License-Identifier: Apache-2.0
// Strict JSON; what is accepted must be accepted again when it is written.
#include "data/core/json.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  accept_or_refuse([&] {
    const auto document = parse_json(as_text(data, size), "input");
    bool again = false;
    accept_or_refuse([&] {
      parse_json(document.dump(), "again");
      again = true;
    });
    if (!again) std::abort();
  });
  return 0;
}

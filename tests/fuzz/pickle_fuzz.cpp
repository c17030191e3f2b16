// SPDX-License-Identifier: Apache-2.0
// The pickle of a torch archive by itself, where no checksum stands in the way.
#include "data/formats/pickle.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  accept_or_refuse([&] { read_pickled_state_dict(as_text(data, size), "data.pkl"); });
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// The check of a sentencepiece model, before which the library sees nothing.
#include "data/tokenizer/model_check.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  accept_or_refuse([&] { check_sentencepiece_model(as_text(data, size), "spiece.model"); });
  return 0;
}

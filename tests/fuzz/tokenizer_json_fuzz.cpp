// SPDX-License-Identifier: Apache-2.0
// A tokenizer.json and, behind a NUL, a text that it is then used for. Ids are those of tokens, and the work is bounded
// by text and longest token.
#include "data/tokenizer/json/json_tokenizer.h"
#include "tests/fuzz/memory_file.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  const std::string_view input = as_text(data, size);
  const std::size_t border = std::min(input.find('\0'), size);
  const std::string_view file = input.substr(0, border);
  const std::string_view text = border < size ? input.substr(border + 1) : "It's <s> 12\u00e9\u0301 \u4f60  \n";
  accept_or_refuse([&] {
    const JsonTokenizer tokenizer(file, "tokenizer.json");
    const JsonTokenizer::Counted counted = tokenizer.counted_ids_of(text.substr(0, 4096));
    for (const std::int32_t id : counted.ids) {
      if (id < 0 || id >= tokenizer.vocabulary()) std::abort();
      tokenizer.bytes_of(id);
    }
    tokenizer.text_of(counted.ids);
  });
  return 0;
}

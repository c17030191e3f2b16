// SPDX-License-Identifier: Apache-2.0
// Cleans up decoded texts as Hugging Face's clean_up_tokenization_spaces does.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace lorasweep {

/// Removes the spaces before punctuation and contractions, rule by rule in the reference's order.
inline void clean_up_spaces(std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> rules = {{{" .", "."},
                                                                                    {" ?", "?"},
                                                                                    {" !", "!"},
                                                                                    {" ,", ","},
                                                                                    {" ' ", "'"},
                                                                                    {" n't", "n't"},
                                                                                    {" 'm", "'m"},
                                                                                    {" 's", "'s"},
                                                                                    {" 've", "'ve"},
                                                                                    {" 're", "'re"}}};
  for (const auto& [from, to] : rules)
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// An option whose value is one of a few words.
#pragma once

#include <CLI/Validators.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string>
#include <vector>

namespace lorasweep {

/// For Option::transform(): turns the word into the number of its enumerator; refuses any other, naming the words.
template <typename Enum>
CLI::Validator one_of(const std::map<std::string, Enum>& words) {
  return CLI::Validator(
      [words](std::string& input) -> std::string {
        const auto found = words.find(input);
        if (found != words.end()) {
          input = std::to_string(static_cast<int>(found->second));
          return {};
        }
        std::vector<std::string> known;
        for (const auto& [word, value] : words) known.push_back(word);
        return fmt::format("must be one of {}, not \"{}\"", fmt::join(known, ", "), input);
      },
      "");
}

}  // namespace lorasweep

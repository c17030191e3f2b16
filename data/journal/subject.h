// SPDX-License-Identifier: Apache-2.0
// Whose answers: of a model that a search found, of the base model alone, or of a control beside a search.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>

namespace lorasweep {

/// The codes are those of journals and results files (docs/formats).
enum class Subject : std::uint8_t {
  search = 0,           ///< the composed model that a search found
  zero_shot = 1,        ///< the base model, the test example alone
  few_shot = 2,         ///< the base model, the task's shots in front of it
  uniform = 3,          ///< a search's adapters, each at one over their number
  best_single = 4,      ///< the one adapter with the lowest loss of those that were tried alone
  random_adapters = 5,  ///< what the same search found over adapters of random numbers
};
inline constexpr Subject last_subject = Subject::random_adapters;

/// What the base model alone can be asked.
inline constexpr std::array baseline_subjects = {Subject::zero_shot, Subject::few_shot};

/// What is asked beside each search, for comparison.
inline constexpr std::array control_subjects = {Subject::uniform, Subject::best_single, Subject::random_adapters};

/// Whether what is known of the subject is numbered by searches; by tasks otherwise.
constexpr bool is_of_a_search(Subject subject) { return subject != Subject::zero_shot && subject != Subject::few_shot; }

/// As users write it and read it.
constexpr const char* name_of(Subject subject) {
  switch (subject) {
    case Subject::search: return "search";
    case Subject::zero_shot: return "zero-shot";
    case Subject::few_shot: return "few-shot";
    case Subject::uniform: return "uniform";
    case Subject::best_single: return "best-single";
    case Subject::random_adapters: return "random-adapters";
  }
  throw std::logic_error("a subject without a name");
}

}  // namespace lorasweep

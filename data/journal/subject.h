// SPDX-License-Identifier: Apache-2.0
// Whose answers: of a model that a search found, or of the base model alone.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>

namespace lorasweep {

/// The codes are those of journals and results files (docs/formats).
enum class Subject : std::uint8_t {
  search = 0,     ///< the composed model that a search found
  zero_shot = 1,  ///< the base model, the test example alone
  few_shot = 2,   ///< the base model, the task's shots in front of it
};

/// What the base model alone can be asked.
inline constexpr std::array baseline_subjects = {Subject::zero_shot, Subject::few_shot};

/// As users write it and read it.
constexpr const char* name_of(Subject subject) {
  switch (subject) {
    case Subject::search: return "search";
    case Subject::zero_shot: return "zero-shot";
    case Subject::few_shot: return "few-shot";
  }
  throw std::logic_error("a subject without a name");
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// What a reader says of a file that it refuses.
#pragma once

#include "data/core/error.h"

#include <string>

namespace lorasweep {

/// The message of the InputError that `act` ends with, or "accepted". Any other exception fails the test that
/// called.
template <typename Act>
std::string refusal_of(Act&& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace lorasweep

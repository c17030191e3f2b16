// SPDX-License-Identifier: Apache-2.0
// Makes text that every reader of HDF5 can take.
#pragma once

#include <string>

namespace lorasweep {

/// The text with every byte that is not part of valid UTF-8, and every NUL, replaced by U+FFFD.
std::string plain_text(std::string text);

}  // namespace lorasweep

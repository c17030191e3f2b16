// SPDX-License-Identifier: Apache-2.0
// Text as HDF5 can hold it for every reader.
#pragma once

#include <string>

namespace lorasweep {

/// The text with every byte that is not part of valid UTF-8, and every NUL, replaced by U+FFFD.
std::string plain_text(std::string text);

}  // namespace lorasweep

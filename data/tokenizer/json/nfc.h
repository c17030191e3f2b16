// SPDX-License-Identifier: Apache-2.0
// Unicode's normalization form C.
#pragma once

#include <string>
#include <string_view>

namespace lorasweep {

/// `text`, which is valid UTF-8, in normalization form C as the reference makes it: marks that its tables do not know
/// stay where they are.
std::string nfc(std::string_view text);

}  // namespace lorasweep

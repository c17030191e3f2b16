// SPDX-License-Identifier: Apache-2.0
// Reads records from the bytes of a journal. What is cut, what is refused: docs/formats/journal.md.
#pragma once

#include "data/journal/journal.h"

#include <string>
#include <string_view>

namespace lorasweep {

/// read_journal() without the file. `where` names the bytes in errors.
JournalContent parse_journal(std::string_view bytes, const std::string& where);

}  // namespace lorasweep

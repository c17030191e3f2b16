// SPDX-License-Identifier: Apache-2.0
// The table as CSV (RFC 4180).
#pragma once

#include "pipeline/weights/weight_rows.h"

#include <string>
#include <string_view>

namespace lorasweep {

/// `text`: a header with the four names, then rows. A cell may be quoted; lines end with LF or CRLF; a byte order mark
/// and blank lines are passed over. InputError at "file:line" naming the column.
WeightRows parse_csv_rows(std::string_view text, const std::string& file);

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Whether a run can have written what a journal says: checksums do not show it, since anyone can compute them.
#pragma once

#include "data/journal/record.h"
#include "pipeline/manifest/manifest.h"

#include <span>
#include <string>

namespace lorasweep {

/// Every index that the manifest holds is of something that it has, names are names and none appears twice, every task
/// has shots and a test set, every search a configured seed. InputError naming `where` for one that does not.
void check_manifest(const Manifest& manifest, const std::string& where);

/// Every record is of something that the manifest has: its search, step, adapters, shots and examples, and a session
/// has the form of one. InputError naming `where` and the record's number for one that is not.
void check_records(const Manifest& manifest, std::span<const Record> records, const std::string& where);

}  // namespace lorasweep

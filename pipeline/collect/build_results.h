// SPDX-License-Identifier: Apache-2.0
// From the journals of one or several runs to the contents of one results file.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/collect/library_in_memory.h"
#include "pipeline/manifest/run_records.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

/// Merges runs of one configuration over different tasks and seeds, or several runs over the same ones. Two runs may
/// hold the same search or answer if they agree in every value. InputError naming both runs and where they contradict
/// each other: in base model, tokenizer, settings or numerics, in the content of an adapter or task of one name, in an
/// objective or answer. The composed adapters are computed from `library`, that of the only run, or else from the
/// adapters at their recorded places, whose content must be what it was: those that finished searches drew, each file
/// opened once. `moved_to`, unless empty, is the folder where these adapters lie now, each under its name.
SweepResults build_results(const std::vector<RunRecords>& runs, const LibraryInMemory& library = {},
                           const std::filesystem::path& moved_to = {});

}  // namespace lorasweep

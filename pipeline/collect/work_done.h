// SPDX-License-Identifier: Apache-2.0
// Who computed what, when, and for how long: the journals' times, summed by phase and worker.
#pragma once

#include "pipeline/manifest/run_records.h"

#include <nlohmann/json.hpp>

#include <vector>

namespace lorasweep {

/// An array in the order of runs, phases, workers: {run (its place), phase, unit, worker, units, again, seconds,
/// first_utc, last_utc}. A phase is a subject of answers or a kind of trial by its name; "search" is there twice, with
/// units of evaluations and of answers. `again`: units that had been handed out before; `seconds`: computing, summed
/// over units; the first begin and the last end in seconds since the epoch. Of what a journal holds once, whoever else
/// computed it, too.
nlohmann::ordered_json work_done(const std::vector<RunRecords>& runs);

}  // namespace lorasweep

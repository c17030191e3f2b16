// SPDX-License-Identifier: Apache-2.0
// A share of a plan, for independent jobs.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/plan/plan.h"

namespace lorasweep {

/// The searches and baselines of one part; the catalogue and the tasks stay whole, so that indices mean the same in
/// every part. Parts are disjoint and cover the plan; they are balanced by predicted cost (the most expensive first,
/// each to the part that has least). Where the whole library is tried on each task's shots, all searches of a task are
/// in one part, and so is that. `budget`: evaluations of a search. A pure function of its arguments.
Plan part_of(Plan plan, int budget, SweepPart part);

/// Source tokens that a search or a baseline reads: the measure that parts are balanced by. (Units of work have a finer
/// one, pipeline/run/costs.h; this one must stay as it is, or the parts of sweeps that are under way would change.)
double cost_of(const Plan& plan, const PlannedSearch& search, int budget);
double cost_of(const Plan& plan, const PlannedBaseline& baseline);

}  // namespace lorasweep

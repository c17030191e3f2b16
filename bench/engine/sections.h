// SPDX-License-Identifier: Apache-2.0
// The parts of the benchmark. Each prints one line a case: section, case, numbers with their units.
#pragma once

#include "bench/engine/bench_engine.h"
#include "bench/engine/options.h"

#include <string>

namespace lorasweep::bench {

/// What the sections share.
struct Subject {
  const Options& options;
  std::string size;
  const RandomModel& model;
  const Catalogue& catalogue;
  std::shared_ptr<const EnginePlan> plan;
  WorkerCapacity capacity;
};

/// "large bf16 "
std::string label(const Subject& subject);

/// Examples that are decoded together, as asked for or as many as fit.
int predictions_together(const Subject& subject);

/// The large product, evaluations of every number of members at both kinds of lengths, and predictions. Returns FLOP/s
/// of the large product.
double measure_work(const Subject& subject);

/// The host's own time and its launches for an evaluation and for a step of decoding; on a device that counts them.
void measure_host(const Subject& subject);

/// How often the engine's device ran orders plainly, recorded and replayed them, and what was refused; on a device that
/// counts. "records" where orders that came again and again should all be replays.
void print_records(const Subject& subject, const Engine& engine);

/// How an evaluation's time divides by kind of operation, in a run of its own.
void measure_shares(const Subject& subject);

/// Evaluations of `exact` beside those of `lorahub`, in turns: 20 adapters each, at both kinds of lengths.
void measure_compositions(const Subject& subject);

/// A screen of 196 adapters on two tasks, each adapter alone, beside a search's evaluations on the same tasks with the
/// same number of members in a unit, in turns.
void measure_screen(const Options& options, const std::string& size);

/// 135 searches of 40 evaluations in lockstep of a seed's 27 tasks, and 5 x 6,511 answers, served as a worker serves
/// them, against the time that the arithmetic takes at `peak` FLOP/s.
void replay_sweep(const Subject& subject, double peak);

}  // namespace lorasweep::bench

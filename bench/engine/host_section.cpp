// SPDX-License-Identifier: Apache-2.0
// What the host does for a device: launches, replays, and its own time, which bounds an order however fast the device.
#include "bench/engine/sections.h"
#include "bench/engine/waiting_ops.h"
#include "workers/network/decoder_caches.h"

#include <fmt/core.h>

#include <algorithm>

namespace lorasweep::bench {
namespace {

constexpr int warm_up = 3;  // plainly, recorded, replayed

struct HostPart {
  double seconds = 0, waited = 0;
  std::uint64_t launches = 0, replays = 0, replayed_launches = 0;
};

// Of the repetition in which the host was disturbed least.
template <typename Order>
HostPart host_part(Engine& engine, const double& waited, int repetitions, Order order) {
  HostPart least;
  for (int i = 0; i < warm_up + repetitions; ++i) {
    const OpsCounters before = engine.counters().value();
    const double waited_before = waited, seconds = seconds_of(order);
    const OpsCounters after = engine.counters().value();
    const HostPart part{seconds, waited - waited_before, after.launches - before.launches,
                        after.replays - before.replays, after.replayed_launches - before.replayed_launches};
    if (i == warm_up || (i > warm_up && part.seconds - part.waited < least.seconds - least.waited)) least = part;
  }
  return least;
}

}  // namespace

void measure_host(const Subject& s) {
  double waited = 0;
  const auto engine =
      bench_engine(s.model, s.plan, std::make_unique<WaitingOps>(make_ops(s.options.device), waited), s.capacity);
  if (!engine->counters()) return;  // a CPU is its own host
  for (const int members : s.options.members) {
    int round = 0;
    const HostPart part = host_part(*engine, waited, s.options.repetitions, [&] {
      engine->start(EvaluateWork{bench_members(Lengths::bbh, members, 0, ++round)})->finish();
    });
    fmt::print(
        "host        {} bbh    P={:<3} {:>10.3f} of {:.3f} ms/order; {} replays of {} kernels in all, {} launches "
        "beside them\n",
        label(s), members, 1e3 * (part.seconds - part.waited), 1e3 * part.seconds, part.replays, part.replayed_launches,
        part.launches);
  }
  constexpr int tokens = DecoderCaches::first_capacity;
  const int examples = predictions_together(s);
  const auto answering = [&](std::int32_t most) {
    const PredictWork work = bench_prediction(examples, most);
    return host_part(*engine, waited, s.options.repetitions, [&] { engine->start(work)->finish(); });
  };
  const HostPart once = answering(1), often = answering(tokens);
  const double own = often.seconds - often.waited - (once.seconds - once.waited);
  fmt::print("host        {} step   N={:<4} {:>9.3f} of {:.3f} ms/step; {} launches a step\n", label(s), examples,
             1e3 * own / (tokens - 1), 1e3 * (often.seconds - once.seconds) / (tokens - 1),
             (often.launches - once.launches) / (tokens - 1));
}

void print_records(const Subject& s, const Engine& engine) {
  const std::optional<OpsCounters> done = engine.counters();
  if (!done) return;
  fmt::print(
      "records     {} {} orders ran plainly, {} were recorded, {} replayed; refused: {} records, {} products of the "
      "library\n",
      label(s), done->plain_runs, done->records, done->replays, done->refused_records, done->refused_products);
}

}  // namespace lorasweep::bench

// SPDX-License-Identifier: Apache-2.0
// The engine's speed at the shapes of published FLAN-T5s, against the largest matrix product that the machine does, in
// the same run.
//
//   engine_bench --device cuda --size large --sweep
//
// Reported (docs/performance.md): ms per evaluation for P members in one order, source tokens per second, the share of
// the product's FLOP/s that the network's arithmetic reaches, what was replayed and refused, the host's own time, where
// the time goes, decoding rows per second, and a whole sweep against its floor.
#include "bench/engine/sections.h"

#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <stdexcept>

int main(int argc, char** argv) {
  using namespace lorasweep;
  using namespace lorasweep::bench;
  std::setvbuf(stdout, nullptr, _IOLBF, 4096);  // a row is seen when it is there, also through a pipe
  try {
    const Options options = parse_options(argc, argv);
    fmt::print("# {}; medians of {} interleaved repetitions\n", device_signature(options.device), options.repetitions);
    for (const std::string& size : options.sizes) {
      if (options.screen) {
        measure_screen(options, size);
        continue;
      }
      const auto packing = make_packing(options.device);
      const RandomModel model = random_model(size, *packing);
      const Catalogue catalogue = bench_catalogue(model);
      const auto plan = bench_plan(model, catalogue, options.device.activation, *packing);
      const WorkerCapacity capacity = bench_capacity(*plan, *make_ops(options.device));
      fmt::print("# {}: {:.2f} GB of weights, {:.2f} GB of adapters; takes {} members and {} predictions at a time\n",
                 size, 1e-9 * static_cast<double>(model.network_bytes), 1e-9 * static_cast<double>(model.library_bytes),
                 capacity.members, capacity.predictions);
      const Subject subject{options, size, model, catalogue, plan, capacity};
      if (options.compositions) {
        measure_compositions(subject);
        continue;
      }
      const double peak = measure_work(subject);
      measure_host(subject);
      measure_shares(subject);
      if (options.sweep) replay_sweep(subject, peak);
    }
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "engine_bench: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "engine_bench: %s\n", error.what());
    return 1;
  }
}

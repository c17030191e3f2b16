// SPDX-License-Identifier: Apache-2.0
// Evaluations of adapters where they lie in the library beside those of their sums, and of single adapters beside a
// search's.
#include "bench/engine/lengths.h"
#include "bench/engine/repetitions.h"
#include "bench/engine/sections.h"
#include "bench/engine/work_count.h"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace lorasweep::bench {
namespace {

// Of this process on a CPU, so that what else the machine does counts little; as the clock shows on a device.
double seconds_of_evaluation(const Options& options, LanguageEngine& engine, std::vector<Member> members) {
  EvaluateWork work{std::move(members)};
  const std::clock_t before = std::clock();
  const double seconds = seconds_of([&] { engine.start(work)->finish(); });
  if (options.device.kind == DeviceKind::cuda) return seconds;
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / options.device.threads;
}

// The arithmetic of `adapters` in place for that of one.
double ratio_of_arithmetic(const Subject& s, const std::vector<Member>& members, double adapters) {
  double base = 0, bypass = 0;
  for (const Member& member : members)
    for (const std::int32_t index : s.catalogue.example_sets[static_cast<std::size_t>(member.example_set)]) {
      const Example& example = s.catalogue.examples[static_cast<std::size_t>(index)];
      const auto source = static_cast<double>(example.source.size()),
                 target = static_cast<double>(example.target.size());
      base += example_flop(s.model.config, source, target);
      bypass += bypass_flop(s.model.config, adapter_rank, source, target);
    }
  return (base + adapters * bypass) / (base + bypass);
}

}  // namespace

void measure_compositions(const Subject& s) {
  const auto packing = make_packing(s.options.device);
  const auto exact_plan = bench_plan(s.model, s.catalogue, s.options.device.activation, *packing, Composition::exact);
  const auto lorahub = bench_engine(s.model, s.plan, make_ops(s.options.device), s.capacity),
             exact = bench_engine(s.model, exact_plan, make_ops(s.options.device), s.capacity);
  struct Case {
    Lengths lengths;
    int members;
    std::size_t lorahub = 0, exact = 0;
  };
  std::vector<Case> cases;
  Repetitions repetitions;
  int round = 0;
  for (const Lengths lengths : {Lengths::bbh, Lengths::fixed})
    for (const int members : s.options.members) {
      const auto seconds = [&, lengths, members](LanguageEngine& engine) {
        return seconds_of_evaluation(s.options, engine, bench_members(lengths, members, 0, ++round));
      };
      Case& one = cases.emplace_back(Case{lengths, members});
      one.lorahub = repetitions.add([&, seconds] { return seconds(*lorahub); });
      one.exact = repetitions.add([&, seconds] { return seconds(*exact); });
    }
  repetitions.run(s.options.device.kind == DeviceKind::cuda ? 3 : 1, s.options.repetitions);
  for (const Case& one : cases) {
    const double sums = repetitions.median(one.lorahub), in_place = repetitions.median(one.exact);
    fmt::print(
        "composition {} {:<6} P={:<3} lorahub {:>10.3f} exact {:>10.3f} ms/evaluation: {:.3f} x; arithmetic {:.3f} x\n",
        label(s), one.lengths == Lengths::bbh ? "bbh" : "128/8", one.members, 1e3 * sums / one.members,
        1e3 * in_place / one.members, in_place / sums,
        ratio_of_arithmetic(s, bench_members(one.lengths, one.members, 0, 0), adapters_of_a_search));
  }
  fmt::print("composition {} memory a member takes: lorahub {:.2f} MB, exact {:.6f} MB\n", label(s),
             4e-6 * static_cast<double>(s.plan->batches().factors),
             4e-6 * static_cast<double>(exact_plan->batches().factors));
}

void measure_screen(const Options& options, const std::string& size) {
  constexpr int adapters = 196, tasks = 2, together = 8;
  const auto packing = make_packing(options.device);
  const RandomModel model = random_model(size, *packing, adapters);
  const Catalogue catalogue = bench_catalogue(model);
  const auto plan = bench_plan(model, catalogue, options.device.activation, *packing);
  const auto engine =
      bench_engine(model, plan, make_ops(options.device), bench_capacity(*plan, *make_ops(options.device)));
  const std::vector<int> of_tasks = spread_tasks(tasks);
  // The screen's order: every adapter on the first task, then on the second; units of members as they come.
  std::vector<Member> screen, search;
  for (const int task : of_tasks)
    for (std::int32_t a = 0; a < adapters; ++a) {
      screen.push_back({{a}, task, {1.0}});
      search.push_back({bench_adapters(a % seeds), task, bench_weights(a)});
    }
  // Units evenly spaced over all of them, as much as was asked for.
  const auto step = static_cast<std::size_t>(std::max(1.0, 1 / std::max(options.fraction, 1e-3))) * together;
  std::size_t count = 0;
  const auto all = [&](const std::vector<Member>& members) {
    double seconds = 0;
    count = 0;
    for (std::size_t first = 0; first < members.size(); first += step) {
      const std::size_t last = std::min(first + together, members.size());
      count += last - first;
      seconds += seconds_of_evaluation(
          options, *engine,
          {members.begin() + static_cast<std::ptrdiff_t>(first), members.begin() + static_cast<std::ptrdiff_t>(last)});
    }
    return seconds;
  };
  Repetitions repetitions;
  const std::size_t of_screen = repetitions.add([&] { return all(screen); }),
                    of_search = repetitions.add([&] { return all(search); });
  repetitions.run(1, options.repetitions);
  const double alone = static_cast<double>(count) / repetitions.median(of_screen),
               searched = static_cast<double>(count) / repetitions.median(of_search);
  fmt::print(
      "screen      {:<6}{:<5} {} adapters x {} tasks ({} timed), {} members a unit: {:.2f} evaluations/s, a search's "
      "{:.2f}: "
      "{:.3f} x\n",
      size, name_of(options.device.activation), adapters, tasks, count, together, alone, searched, alone / searched);
}

}  // namespace lorasweep::bench

// SPDX-License-Identifier: Apache-2.0
// Evaluations and predictions beside the largest product that the machine does, in turns.
#include "bench/engine/lengths.h"
#include "bench/engine/repetitions.h"
#include "bench/engine/sections.h"
#include "bench/engine/timed_ops.h"
#include "workers/network/decoder_caches.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace lorasweep::bench {
namespace {

// Decoding so many tokens, less the first, times the steps: as many as go without larger caches.
constexpr int many_steps = DecoderCaches::first_capacity;

struct EvaluationCase {
  Lengths lengths;
  int members;
  std::size_t number = 0;
};

// A worker starts the next order while the device computes one: so does this, `ahead` orders deep on a device that
// needs it.
double seconds_of_evaluation(LanguageEngine& engine, Lengths lengths, int members, int orders, int& round) {
  return seconds_of([&] {
           std::unique_ptr<Pending> running;
           for (int i = 0; i < orders; ++i) {
             auto next = engine.start(EvaluateWork{bench_members(lengths, members, 0, ++round)});
             if (running) running->finish();
             running = std::move(next);
           }
           running->finish();
         }) /
         orders;
}

}  // namespace

std::string label(const Subject& s) { return fmt::format("{:<6}{:<5}", s.size, name_of(s.options.device.activation)); }

int predictions_together(const Subject& s) {
  return s.options.predictions > 0 ? s.options.predictions : std::min<int>(256, s.capacity.predictions);
}

double measure_work(const Subject& s) {
  const bool cuda = s.options.device.kind == DeviceKind::cuda;
  const auto engine = bench_engine(s.model, s.plan, make_ops(s.options.device), s.capacity);
  LargeProduct product(s.options.device);
  Repetitions repetitions;
  int round = 0;
  const std::size_t peak_case = repetitions.add([&] { return product.seconds(); });
  std::vector<EvaluationCase> cases;
  for (const Lengths lengths : {Lengths::bbh, Lengths::fixed})
    for (const int members : s.options.members) {
      cases.push_back({lengths, members});
      cases.back().number = repetitions.add(
          [&, lengths, members] { return seconds_of_evaluation(*engine, lengths, members, cuda ? 4 : 1, round); });
    }
  const int examples = predictions_together(s);
  const PredictWork once = bench_prediction(examples, 1), often = bench_prediction(examples, many_steps);
  const auto predict = [&](const PredictWork& work) { return seconds_of([&] { engine->start(work)->finish(); }); };
  const std::size_t once_case = repetitions.add([&] { return predict(once); }),
                    often_case = repetitions.add([&] { return predict(often); });
  repetitions.run(cuda ? 3 : 1, s.options.repetitions);

  const double peak = product.flop() / repetitions.median(peak_case);
  fmt::print("product     {} {:>8.3f} TFLOP/s of one product of {}\n", label(s), 1e-12 * peak,
             cuda ? "8192^3" : "2048^3");
  for (const EvaluationCase& one : cases) {
    const Amount amount = amount_of(s.model, s.catalogue, bench_members(one.lengths, one.members, 0, 0));
    const double seconds = repetitions.median(one.number);
    fmt::print(
        "evaluation  {} {:<6} P={:<3} {:>10.3f} ms/evaluation {:>10.0f} source tokens/s {:>6.1f} % of the product's "
        "FLOP/s\n",
        label(s), one.lengths == Lengths::bbh ? "bbh" : "128/8", one.members, 1e3 * seconds / one.members,
        amount.source_tokens / seconds, 100 * amount.flop / seconds / peak);
  }
  const double tokens = amount_of(s.model, s.catalogue, once.members[0].examples, 1).source_tokens,
               first = repetitions.median(once_case);
  const double step = (repetitions.median(often_case) - first) / (many_steps - 1);
  fmt::print(
      "prediction  {} N={:<4} {:>10.0f} source tokens/s with the first token {:>8.3f} ms/step {:>10.0f} rows/s\n",
      label(s), examples, tokens / first, 1e3 * step, examples / step);
  print_records(s, *engine);
  return peak;
}

void measure_shares(const Subject& s) {
  TimedOps::Seconds seconds{};
  const auto engine =
      bench_engine(s.model, s.plan, std::make_unique<TimedOps>(make_ops(s.options.device), seconds), s.capacity);
  for (const int members : s.options.members) {
    engine->start(EvaluateWork{bench_members(Lengths::bbh, members, 0, 0)})->finish();  // warm
    TimedOps::Seconds least{};  // of the repetition that was disturbed least
    double sum = std::numeric_limits<double>::infinity();
    for (int i = 0; i < s.options.repetitions; ++i) {
      seconds.fill(0);
      engine->start(EvaluateWork{bench_members(Lengths::bbh, members, 0, i)})->finish();
      if (const double own = std::reduce(seconds.begin(), seconds.end()); own < sum) {
        sum = own;
        least = seconds;
      }
    }
    fmt::print("shares      {} bbh    P={:<3} {:>10.3f} ms/evaluation waiting after every op:", label(s), members,
               1e3 * sum / members);
    for (std::size_t kind = 0; kind < least.size(); ++kind)
      fmt::print(" {} {:.1f} %", kind_names[kind], 100 * least[kind] / sum);
    fmt::print("\n");
  }
}

}  // namespace lorasweep::bench

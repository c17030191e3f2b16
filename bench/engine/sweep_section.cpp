// SPDX-License-Identifier: Apache-2.0
// A whole BBH sweep's orders through the worker's own loop.
#include "bench/engine/lengths.h"
#include "bench/engine/repetitions.h"
#include "bench/engine/sections.h"
#include "workers/engine/serve.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace lorasweep::bench {
namespace {

constexpr int evaluations_of_a_search = 40, tasks = 27;

struct CountedWork {
  Work work;
  double flop = 0;
};

// Hands out prepared orders, as fast as they are asked for.
class Replay final : public Channel {
 public:
  explicit Replay(std::span<const CountedWork* const> orders) : orders_(orders.begin(), orders.end()) {}
  std::optional<Order> receive(bool) override {
    if (orders_.empty()) return std::nullopt;
    const CountedWork* order = orders_.front();
    orders_.pop_front();
    return Order{.unit = ++unit_, .attempt = 0, .work = order->work};
  }
  bool closed() const override { return orders_.empty(); }
  void send(Report report) override {
    if (const auto* failure = std::get_if<WorkFailure>(&report.outcome))
      throw std::runtime_error("an order failed: " + failure->reason);
  }

 private:
  std::deque<const CountedWork*> orders_;
  std::uint64_t unit_ = 0;
};

// Every search asks for one candidate, waits, asks for the next: a seed's tasks go together, and the seeds take turns.
std::vector<CountedWork> evaluations(const Subject& s) {
  std::vector<CountedWork> orders;
  const int together = std::min(tasks, s.capacity.members);
  for (int round = 0; round < evaluations_of_a_search; ++round)
    for (int seed = 0; seed < seeds; ++seed) {
      const std::vector<Member> all = bench_members(Lengths::bbh, tasks, seed, round);
      for (std::size_t first = 0; first < all.size(); first += static_cast<std::size_t>(together)) {
        const std::size_t count = std::min(all.size() - first, static_cast<std::size_t>(together));
        EvaluateWork work{{all.begin() + static_cast<std::ptrdiff_t>(first),
                           all.begin() + static_cast<std::ptrdiff_t>(first + count)}};
        const double flop = amount_of(s.model, s.catalogue, work.members).flop;
        orders.push_back({std::move(work), flop});
      }
    }
  return orders;
}

// Several searches' answers in one order, as many as the worker takes. Random weights never end an answer, so an order
// is cut at its tasks' longest quantile, and tasks go together whose longest is the same: more steps than a real sweep
// decodes, where answers leave the batch as they end.
std::vector<CountedWork> predictions(const Subject& s) {
  std::vector<int> by_length(tasks);
  std::iota(by_length.begin(), by_length.end(), 0);
  const auto longest = [](int task) {
    return *std::ranges::max_element(bbh_lengths()[static_cast<std::size_t>(task)].target);
  };
  std::ranges::stable_sort(by_length, {}, longest);
  std::vector<CountedWork> orders;
  PredictWork work;
  double flop = 0;
  int room = s.capacity.predictions;
  const auto close = [&] {
    if (!work.members.empty()) orders.push_back({std::exchange(work, {}), std::exchange(flop, 0)});
    room = s.capacity.predictions;
  };
  for (const int task : by_length) {
    const TaskLengths& lengths = bbh_lengths()[static_cast<std::size_t>(task)];
    if (work.max_new_tokens != longest(task)) close();
    for (int seed = 0; seed < seeds; ++seed)
      for (int first = 0, last = 0; first < lengths.tests; first = last) {
        if (room == 0 || work.members.size() == static_cast<std::size_t>(s.capacity.members)) close();
        work.max_new_tokens = longest(task);
        PredictMember& member = work.members.emplace_back(PredictMember{bench_adapters(seed), bench_weights(seed), {}});
        last = std::min(lengths.tests, first + room);
        room -= last - first;
        for (int i = first; i < last; ++i) {
          member.examples.push_back(task * shots + i % shots);
          flop += amount_of(s.model, s.catalogue, std::vector{member.examples.back()},
                            lengths.target[static_cast<std::size_t>(i % shots)])
                      .flop;
        }
      }
  }
  close();
  return orders;
}

double flop_of(std::span<const CountedWork* const> orders) {
  double sum = 0;
  for (const CountedWork* order : orders) sum += order->flop;
  return sum;
}

// Orders evenly spaced over all of them: at least one.
std::vector<const CountedWork*> part_of(const std::vector<CountedWork>& orders, double fraction) {
  const auto all = static_cast<double>(orders.size());
  const auto wanted = static_cast<std::size_t>(std::clamp(std::round(fraction * all), 1.0, all));
  std::vector<const CountedWork*> part;
  for (std::size_t i = 0; i < wanted; ++i) part.push_back(&orders[(2 * i + 1) * orders.size() / (2 * wanted)]);
  return part;
}

struct Replayed {
  double seconds = 0, flop = 0;  ///< of the whole, scaled up from the part
};

Replayed replay(const Subject& s, LanguageEngine& engine, const std::string& what,
                const std::vector<CountedWork>& all) {
  const std::vector<const CountedWork*> part = part_of(all, s.options.fraction);
  Replay warm(std::span<const CountedWork*const>(part).first(1)), channel(part);
  serve(warm, engine);
  const double seconds = seconds_of([&] { serve(channel, engine); });
  double flop = 0;
  for (const CountedWork& order : all) flop += order.flop;
  const double share = flop_of(part) / flop;
  fmt::print(
      "sweep       {:<6}{:<5} {:<11} {:>10.2f} s for {} of {} units, {:.2f} % of the arithmetic: {:.2f} s for all\n",
      s.size, name_of(s.options.device.activation), what, seconds, part.size(), all.size(), 100 * share,
      seconds / share);
  return {seconds / share, flop};
}

}  // namespace

void replay_sweep(const Subject& s, double peak) {
  const auto engine = bench_engine(s.model, s.plan, make_ops(s.options.device), s.capacity);
  const Replayed evaluated = replay(s, *engine, "evaluations", evaluations(s));
  const Replayed predicted = replay(s, *engine, "predictions", predictions(s));
  print_records(s, *engine);
  const double seconds = evaluated.seconds + predicted.seconds, flop = evaluated.flop + predicted.flop;
  fmt::print(
      "sweep       {:<6}{:<5} {:<11} {:>10.2f} s {}; floor {:.2f} s ({:.0f} TFLOP at the product's rate): {:.1f} % of "
      "it\n",
      s.size, name_of(s.options.device.activation), "whole", seconds,
      s.options.fraction < 1 ? "scaled up from the part" : "measured", flop / peak, 1e-12 * flop,
      100 * flop / peak / seconds);
}

}  // namespace lorasweep::bench

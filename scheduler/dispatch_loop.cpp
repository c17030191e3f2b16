// SPDX-License-Identifier: Apache-2.0
// One round after the other: hear, judge, save, look whether this is the end, send.
#include "scheduler/dispatch_loop.h"

#include "data/core/error.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lorasweep {
namespace {

using std::chrono::nanoseconds;

// Time as far as the loop has listened: of a round that took longer than any should, the rest does not count.
class ListeningClock {
 public:
  ListeningClock(const Clock& clock, nanoseconds longest_round)
      : clock_(clock), longest_round_(longest_round), last_(clock.now()) {}
  /// When the last round began.
  TimePoint now() const { return last_ - away_; }
  void next_round() {
    const TimePoint now = clock_.now();
    away_ += std::max(now - last_ - longest_round_, nanoseconds(0));
    last_ = now;
  }

 private:
  const Clock& clock_;
  nanoseconds longest_round_, away_{0};
  TimePoint last_;
};

class Loop {
 public:
  Loop(Transport& transport, WorkSource& source, const Clock& clock, const LoopCallbacks& callbacks,
       const LoopOptions& options)
      : transport_(transport),
        source_(source),
        callbacks_(callbacks),
        options_(options),
        clock_(clock, options.poll + longest_beside_poll),
        dispatcher_(options.dispatch),
        last_worker_(clock_.now()),
        last_heard_(last_worker_),
        last_expiry_(last_worker_) {}

  LoopEnd run() {
    for (nanoseconds wait{0};; wait = options_.poll) {
      hear(wait);
      save();
      if (const auto end = look_for_the_end()) {
        transport_.close();
        return *end;
      }
      send();
    }
  }

 private:
  static constexpr nanoseconds longest_beside_poll = std::chrono::seconds(1);
  static constexpr nanoseconds between_expiries = std::chrono::milliseconds(100);
  static constexpr nanoseconds between_looks = std::chrono::seconds(1);

  void hear(nanoseconds wait) {
    std::vector<TransportEvent> events = transport_.poll(wait);
    clock_.next_round();
    const TimePoint now = clock_.now();
    for (TransportEvent& event : events) dispatcher_.on(std::move(event), now);
    // leases are minutes long: looking at all of them every round would cost
    if (now - last_expiry_ >= between_expiries) {
      dispatcher_.expire(now);
      last_expiry_ = now;
    }
  }

  // Whatever may wait for a disk.
  void save() {
    transport_.await_disk();
    for (const WorkerNews& news : dispatcher_.take_news()) callbacks_.on_news(news);
    if (auto completions = dispatcher_.take_completions(); !completions.empty())
      source_.complete(std::move(completions));
    for (auto& [unit, reason] : dispatcher_.take_abandoned()) source_.abandon(unit, reason);
    look();
    callbacks_.on_tick();
    transport_.back_from_disk();
  }

  void look() {
    const TimePoint now = clock_.now();
    if (last_look_ && now - *last_look_ < between_looks) return;
    last_look_ = now;
    callbacks_.on_look(dispatcher_.workers_now(now));
  }

  std::optional<LoopEnd> look_for_the_end() {
    const TimePoint now = clock_.now();
    if (callbacks_.stop_requested()) return LoopEnd::stopped;
    if (source_.finished() && dispatcher_.idle()) return LoopEnd::finished;
    if (dispatcher_.workers() > 0) last_worker_ = now;
    if (!dispatcher_.deserted()) last_heard_ = now;
    if (now - last_worker_ > options_.no_workers_after || now - last_heard_ > options_.deserted_after)
      return LoopEnd::no_workers;
    return std::nullopt;
  }

  void send() {
    auto assignments = dispatcher_.assign(source_, clock_.now());
    if (assignments.empty() && dispatcher_.has_room() && dispatcher_.idle() && !source_.finished())
      throw InternalError("the sweep is not finished, but it has nothing to do");
    for (auto& [worker, order] : assignments) transport_.send(worker, std::move(order));
  }

  Transport& transport_;
  WorkSource& source_;
  const LoopCallbacks& callbacks_;
  const LoopOptions& options_;
  ListeningClock clock_;
  Dispatcher dispatcher_;
  TimePoint last_worker_, last_heard_, last_expiry_;
  std::optional<TimePoint> last_look_;
};

}  // namespace

LoopEnd run_dispatch_loop(Transport& transport, WorkSource& source, const Clock& clock, const LoopCallbacks& callbacks,
                          const LoopOptions& options) {
  return Loop(transport, source, clock, callbacks, options).run();
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// A world of workers in virtual time, with faults, the same for the same seed: hours of a thousand ranks in a second of
// one thread.
#pragma once

#include "scheduler/clock.h"
#include "scheduler/transport.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace lorasweep {

struct SimulatedFaults {
  double dies = 0;        ///< probability per unit that its worker dies without a word while it works on it
  double reported = 0;    ///< share of deaths that the transport hears of at once
  double fails = 0;       ///< probability per attempt that the worker reports a failure
  double duplicates = 0;  ///< probability per report that it arrives twice
  double stalls = 0;      ///< probability per unit that it takes a hundred times as long
  double returns = 0;     ///< share of the dead that join again, after a minute
};

struct SimulatedWorld {
  int workers = 4;
  std::uint64_t seed = 1;
  WorkerCapacity capacity;
  /// each way, plus up to as much again at random
  std::chrono::nanoseconds message_delay = std::chrono::microseconds(5);
  std::chrono::nanoseconds scheduler_time = std::chrono::nanoseconds(0);  ///< that rank 0 spends on each event
  std::chrono::nanoseconds beat = std::chrono::seconds(1);
  SimulatedFaults faults;
  /// What a worker makes of a unit: how long it takes and what comes out.
  std::function<std::chrono::nanoseconds(UnitId)> service = [](UnitId) { return std::chrono::milliseconds(1); };
  std::function<Outcome(const Order&)> answer = [](const Order&) { return EvaluateResult{}; };
};

class SimulatedTransport final : public Transport {
 public:
  explicit SimulatedTransport(SimulatedWorld world);

  void send(WorkerId worker, Order order) override;
  std::vector<TransportEvent> poll(std::chrono::nanoseconds timeout) override;
  void close() override { closed_ = true; }

  const Clock& clock() const { return clock_; }
  std::chrono::nanoseconds elapsed() const { return now_; }
  std::chrono::nanoseconds busy() const { return busy_; }  ///< of all workers together

 private:
  struct VirtualClock final : Clock {
    explicit VirtualClock(const std::chrono::nanoseconds& now) : now_(now) {}
    TimePoint now() const override { return TimePoint(now_); }
    const std::chrono::nanoseconds& now_;
  };
  struct Worker {
    bool alive = true, working = false;
    std::uint64_t life = 0;  ///< events of an earlier life are void
    std::deque<Order> queue;
  };
  struct Event {
    std::chrono::nanoseconds at;
    std::uint64_t order;  ///< of making: ties are settled the same way every time
    std::function<void()> happen;
    bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  void later(std::chrono::nanoseconds delay, std::function<void()> happen);
  std::chrono::nanoseconds delay();
  bool chance(double probability);
  void tell(TransportEvent event);
  void join(WorkerId id);
  void beat(WorkerId id);
  void work(WorkerId id);
  void finish(WorkerId id, const Order& order, std::chrono::nanoseconds took);
  void die(WorkerId id);

  SimulatedWorld world_;
  std::mt19937_64 random_;
  std::chrono::nanoseconds now_{0}, busy_{0};
  VirtualClock clock_{now_};
  std::vector<Event> events_;  ///< a heap, the next one first
  std::uint64_t made_ = 0;
  std::map<WorkerId, Worker> workers_;
  std::vector<TransportEvent> inbox_;
  bool closed_ = false;
};

}  // namespace lorasweep

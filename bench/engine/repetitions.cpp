// SPDX-License-Identifier: Apache-2.0
#include "bench/engine/repetitions.h"

#include <algorithm>
#include <chrono>

namespace lorasweep::bench {

std::size_t Repetitions::add(std::function<double()> seconds) {
  cases_.push_back({std::move(seconds), {}});
  return cases_.size() - 1;
}

void Repetitions::run(int warm_up, int repetitions) {
  for (Case& one : cases_)
    for (int i = 0; i < warm_up; ++i) one.seconds();
  for (int i = 0; i < repetitions; ++i)
    for (Case& one : cases_) one.samples.push_back(one.seconds());
}

double Repetitions::median(std::size_t number) const {
  std::vector<double> samples = cases_.at(number).samples;
  std::ranges::sort(samples);
  const std::size_t half = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace lorasweep::bench

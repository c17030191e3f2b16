// SPDX-License-Identifier: Apache-2.0
// Writes rows in the order of their losses.
#include "pipeline/collect/screen_csv.h"

#include "pipeline/collect/csv_text.h"
#include "pipeline/search/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace lorasweep {
namespace {

std::string number(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

}  // namespace

std::string screen_csv(const SweepResults& results) {
  const ScreenedAdapters none, &screen = results.screen ? *results.screen : none;
  const bool several = screen.shot_seed.size() > 1;
  std::vector<std::string> line = {"task", "adapter", "loss"};
  if (several) line.insert(line.begin() + 1, "shot_seed");
  for (std::int32_t shot = 0; shot < screen.shots; ++shot) line.push_back(fmt::format("nll_{}", shot));
  std::string text = fmt::format("{}\n", fmt::join(line, ","));
  const std::size_t adapters = results.adapters.name.size();
  for (std::size_t row = 0; adapters > 0 && row < screen.loss.size() / adapters; ++row) {
    const std::size_t task = row / screen.shot_seed.size(), draw = row % screen.shot_seed.size();
    for (const std::int32_t a : lowest_losses(std::span(screen.loss).subspan(row * adapters, adapters), adapters)) {
      const std::size_t cell = row * adapters + static_cast<std::size_t>(a);
      line = {csv_text(results.summary.task[task]), csv_text(results.adapters.name[a]), number(screen.loss[cell])};
      if (several) line.insert(line.begin() + 1, fmt::format("{}", screen.shot_seed[draw]));
      for (std::int32_t shot = 0; shot < screen.shots; ++shot)
        line.push_back(number(screen.nll[cell * screen.shots + shot]));
      text += fmt::format("{}\n", fmt::join(line, ","));
    }
  }
  return text;
}

}  // namespace lorasweep

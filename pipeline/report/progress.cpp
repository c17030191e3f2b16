// SPDX-License-Identifier: Apache-2.0
// Puts together as many pieces as fit.
#include "pipeline/report/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::size_t widest_bar = 24, narrowest_bar = 8;  // without its brackets

double share(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
}

struct Piece {
  std::string text;
  int rank;  ///< the greater, the sooner it is left out
};

// In the order of the line.
std::vector<Piece> pieces_of(const ProgressView& view) {
  const ProgressState& state = view.state;
  const bool searching = state.evaluations_done < state.evaluations_total;
  const bool answering = state.predictions_done < state.predictions_total && view.answers_per_second;
  std::vector<Piece> pieces = {
      {fmt::format("evaluations {}/{} ({:.0f} %)", state.evaluations_done, state.evaluations_total,
                   std::floor(100 * share(state.evaluations_done, state.evaluations_total))),
       searching ? 1 : 2},
      {fmt::format("answers {}/{}", state.predictions_done, state.predictions_total), searching ? 2 : 1}};
  if (searching && view.evaluations_per_second)
    pieces.push_back({fmt::format("{:.1f} evaluations/s", *view.evaluations_per_second), 3});
  else if (answering)
    pieces.push_back({fmt::format("{:.1f} answers/s", *view.answers_per_second), 3});
  if (std::isfinite(state.best_objective)) pieces.push_back({fmt::format("best {:.4f}", state.best_objective), 4});
  if (view.seconds_left && *view.seconds_left > 0) pieces.push_back({span_text(*view.seconds_left) + " left", 0});
  return pieces;
}

std::string joined(const std::vector<Piece>& pieces) {
  std::string line;
  for (const Piece& piece : pieces) line += (line.empty() ? "" : ", ") + piece.text;
  return line;
}

std::string bar(double part, std::size_t width) {
  const auto filled = static_cast<std::size_t>(std::lround(part * static_cast<double>(width)));
  return fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", width - filled);
}

}  // namespace

std::string span_text(double seconds) {
  const auto s = static_cast<std::uint64_t>(std::ceil(std::clamp(seconds, 0.0, 1e12)));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  if (s < 48 * 3600) return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
  return fmt::format("{} d {:02} h", s / 86400, s / 3600 % 24);
}

std::string progress_line(const ProgressView& view, std::size_t width) {
  std::vector<Piece> pieces = pieces_of(view);
  std::string line = joined(pieces);
  while (line.size() > width && pieces.size() > 1) {
    pieces.erase(std::ranges::max_element(pieces, {}, &Piece::rank));
    line = joined(pieces);
  }
  return line.substr(0, width);
}

std::string progress_bar(const ProgressView& view, std::size_t width) {
  const ProgressState& state = view.state;
  const double part =
      share(state.evaluations_done + state.predictions_done, state.evaluations_total + state.predictions_total);
  constexpr std::size_t around = 3;  // brackets and a space
  const std::string line = progress_line(view, width);
  if (line.size() + around + narrowest_bar > width) return line;
  return bar(part, std::min(widest_bar, width - line.size() - around)) + " " + line;
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Plans waves, and learns from them which lines are worth another look.
#include "pipeline/search/probe.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr double first_step = 1.0 / 6;  // in widths of the box, as its limits
constexpr double least_step = 1e-12;
constexpr double greatest_step = 1.0 / 3;
constexpr int most_halvings = 20;  // of a step within one wave

/// The search along one weight.
struct Line {
  std::size_t weight;
  double step;
  // Of the last wave:
  bool up = false, down = false;    ///< whether that side was tried
  double shortest = 0;              ///< of the steps that were
  std::optional<std::size_t> best;  ///< place in the wave of the point that gained most
  double gain = 0;
};

class Probe {
 public:
  Probe(std::size_t dimension, const SearchBox& box, std::size_t population);

  Generation singles() const;
  void start(const Generation& singles, std::span<const double> objectives);
  /// The next wave, at least one point.
  Generation wave();
  void learn(const Generation& wave, std::span<const double> objectives);

 private:
  struct Step {
    std::size_t line;   ///< place in lines_
    double length;      ///< up or down
    std::size_t place;  ///< in the wave
  };
  void step(Generation& points, std::size_t line, double length);
  void gain(Line& line, std::size_t place, double objective) const;
  void plan_together(const Generation& wave);
  void adapt_steps(std::size_t lowest);
  void order_lines();
  void move_to(const Generation& wave, std::span<const double> objectives, std::size_t lowest);

  SearchBox box_;
  std::size_t population_;
  Weights center_;
  double objective_ = 0;
  std::vector<Line> lines_;    // the most promising first
  Generation together_;        // of the next wave
  std::vector<Step> stepped_;  // of the last wave
};

Probe::Probe(std::size_t dimension, const SearchBox& box, std::size_t population)
    : box_(box), population_(population), center_(dimension, 0.0) {
  for (std::size_t i = 0; i < dimension; ++i) lines_.push_back({.weight = i, .step = first_step * box.width()});
}

Generation Probe::singles() const {
  Generation points = {center_};
  for (std::size_t i = 0; i < center_.size(); ++i) {
    points.push_back(center_);
    points.back()[i] = box_.whole();
  }
  return points;
}

void Probe::start(const Generation& singles, std::span<const double> objectives) {
  objective_ = objectives.front();
  std::ranges::stable_sort(lines_, {}, [&](const Line& line) { return objectives[1 + line.weight]; });
  for (Line& line : lines_) gain(line, 1 + line.weight, objectives[1 + line.weight]);
  plan_together(singles);
  move_to(singles, objectives, std::ranges::min_element(objectives) - objectives.begin());
}

void Probe::step(Generation& points, std::size_t line, double length) {
  Line& along = lines_[line];
  (length > 0 ? along.up : along.down) = true;
  along.shortest = std::abs(length);
  Weights point = center_;
  double& weight = point[along.weight];
  weight = std::clamp(weight + length, box_.low, box_.high);
  if (weight == center_[along.weight]) return;  // the box ends here
  stepped_.push_back({line, length, points.size()});
  points.push_back(std::move(point));
}

Generation Probe::wave() {
  Generation points = std::exchange(together_, {});
  stepped_.clear();
  for (Line& line : lines_) line = {.weight = line.weight, .step = line.step};
  const std::size_t room = population_ - points.size();
  const std::size_t lines = std::clamp(room / 2, std::size_t{1}, lines_.size());
  double scale = 1;
  for (int halvings = 0; halvings <= most_halvings; ++halvings, scale /= 2)
    for (std::size_t line = 0; line < lines; ++line)
      for (const double sign : {1.0, -1.0})
        if (points.size() < population_) step(points, line, sign * scale * lines_[line].step);
  return points;
}

void Probe::gain(Line& line, std::size_t place, double objective) const {
  if (objective_ - objective <= line.gain) return;
  line.gain = objective_ - objective;
  line.best = place;
}

void Probe::learn(const Generation& wave, std::span<const double> objectives) {
  for (const Step& step : stepped_) gain(lines_[step.line], step.place, objectives[step.place]);
  const std::size_t lowest = std::ranges::min_element(objectives) - objectives.begin();
  adapt_steps(lowest);
  order_lines();
  plan_together(wave);
  move_to(wave, objectives, lowest);
}

void Probe::adapt_steps(std::size_t lowest) {
  for (const Step& step : stepped_) {
    Line& line = lines_[step.line];
    if (line.best != step.place) continue;
    const double length = std::abs(step.length);
    line.step = std::min(step.place == lowest ? 2 * length : length, greatest_step * box_.width());
  }
  for (Line& line : lines_)
    if (line.up && line.down && !line.best) line.step = std::max(line.shortest / 2, least_step * box_.width());
}

void Probe::order_lines() {
  const auto rank = [](const Line& line) { return line.best ? 0 : line.up && line.down ? 2 : 1; };
  std::ranges::stable_sort(
      lines_, [&](const Line& a, const Line& b) { return rank(a) != rank(b) ? rank(a) < rank(b) : a.gain > b.gain; });
}

// From the centre that the wave went out from.
void Probe::plan_together(const Generation& wave) {
  std::vector<const Line*> gained;
  for (const Line& line : lines_)
    if (line.best) gained.push_back(&line);
  for (std::size_t count = 2; count <= gained.size() && together_.size() < population_ / 2; ++count) {
    Weights point = center_;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t w = gained[i]->weight;
      const double moved = wave[*gained[i]->best][w] - center_[w];
      point[w] = std::clamp(center_[w] + moved / std::sqrt(static_cast<double>(count)), box_.low, box_.high);
    }
    together_.push_back(std::move(point));
  }
}

void Probe::move_to(const Generation& wave, std::span<const double> objectives, std::size_t lowest) {
  if (!(objectives[lowest] < objective_)) return;
  center_ = wave[lowest];
  objective_ = objectives[lowest];
}

}  // namespace

SearchAlgorithm probe(std::size_t dimension, SearchBox box, std::size_t population) {
  Probe search(dimension, box, population);
  Generation wave = search.singles();
  std::vector<double> objectives = co_yield wave;
  search.start(wave, objectives);
  while (true) {
    wave = search.wave();
    objectives = co_yield wave;
    search.learn(wave, objectives);
  }
}

}  // namespace lorasweep

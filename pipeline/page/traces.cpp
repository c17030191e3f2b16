// SPDX-License-Identifier: Apache-2.0
// How the best objective so far fell, a line a seed, a drawing a task.
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"
#include "pipeline/page/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

constexpr double width = 250, height = 130, left = 54;

struct Trace {
  std::size_t replicate = 0;
  std::vector<std::pair<std::size_t, double>> best;  // (step, best so far), where anything is known
};

std::vector<Trace> traces_of(const Summary& s, std::size_t task) {
  std::vector<Trace> traces;
  const std::size_t steps = s.steps;
  for (std::size_t r = 0; r < s.seed.size(); ++r) {
    Trace trace{r, {}};
    double best = INFINITY;
    for (std::size_t step = 0; step < steps; ++step) {
      const double value = s.objective_trace[(task * s.seed.size() + r) * steps + step];
      if (std::isnan(value)) continue;
      best = std::min(best, value);
      if (std::isfinite(best)) trace.best.push_back({step, best});
    }
    if (!trace.best.empty()) traces.push_back(std::move(trace));
  }
  return traces;
}

std::string stairs(const Trace& trace, const Scale& x, const Scale& y) {
  std::string path;
  for (const auto& [evaluation, best] : trace.best) {
    const auto step = static_cast<double>(evaluation);
    path += path.empty() ? fmt::format("M{} {}", place(x(step)), place(y(best)))
                         : fmt::format("H{}V{}", place(x(step)), place(y(best)));
  }
  return path;
}

std::string axes(double low, double high, std::int32_t steps) {
  const std::string foot = place(height - 20), under = place(height - 5), start = place(left), end = place(width - 6);
  std::string text = fmt::format("<path class=\"axis\" d=\"M{} 8V{}H{}\"/>", start, foot, end);
  const auto add = [&](const char* kind, const std::string& x, const std::string& y, const std::string& label) {
    text += fmt::format("<text class=\"tick{}\" x=\"{}\" y=\"{}\">{}</text>", kind, x, y, label);
  };
  if (high > low) add(" end", place(left - 4), "14", fmt::format("{:.3g}", high));
  add(" end", place(left - 4), foot, fmt::format("{:.3g}", low));
  add("", start, under, "1");
  add(" end", end, under, fmt::format("{} evaluations", steps));
  return text;
}

std::string drawing(const PageFile& file, std::size_t t, const std::vector<Trace>& traces) {
  const Summary& s = file.results.summary;
  double low = INFINITY, high = -INFINITY;
  for (const Trace& trace : traces) {
    low = std::min(low, trace.best.back().second);
    high = std::max(high, trace.best.front().second);
  }
  const bool logarithmic = low > 0 && high / low > 20;
  const Scale x{0, std::max(1.0, s.steps - 1.0), left, width - 6};
  const Scale y{low, high, height - 20, 8, logarithmic};
  std::string content = axes(low, high, s.steps);
  std::string words =
      fmt::format("{} scale from {:.3g} down to {:.3g}.", logarithmic ? "Logarithmic" : "Linear", high, low);
  for (const Trace& trace : traces) {
    const bool chosen = file.outcome.tasks[t].by_shots == trace.replicate;
    content +=
        fmt::format("<path class=\"trace s{}{}\" d=\"{}\"><title>seed {}: {:.4g}</title></path>", trace.replicate % 6,
                    chosen ? " chosen" : "", stairs(trace, x, y), s.seed[trace.replicate], trace.best.back().second);
    words += fmt::format(" Seed {}: {:.4g}.", s.seed[trace.replicate], trace.best.back().second);
  }
  return svg(width, height, fmt::format("{}trace{}", file.prefix, t), "Best objective so far, " + s.task[t], words,
             content, "chart");
}

}  // namespace

PageSection traces(const PageFile& file) {
  std::string figures;
  for (std::size_t t = 0; t < file.results.summary.task.size(); ++t) {
    const std::vector<Trace> lines = traces_of(file.results.summary, t);
    if (lines.empty()) continue;
    figures += fmt::format("<figure class=\"trace\"><figcaption>{}</figcaption>{}</figure>\n",
                           name_html(file.results.summary.task[t]), drawing(file, t, lines));
  }
  if (figures.empty()) return {"traces", "How the searches went", ""};
  return {"traces", "How the searches went",
          "<p>The lowest objective on the shots so far, by number of evaluations: a line a seed, the thick one that "
          "which is "
          "chosen by the shots. Scales differ from task to task, and are logarithmic where values differ much.</p>\n"
          "<div class=\"figures\">\n" +
              figures + "</div>\n"};
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Several files side by side, each against the first.
#include "pipeline/outcome/outcome_table.h"
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

std::vector<HtmlTable::Cell> row_of(const std::string& name, const PairedResult& r) {
  const bool shown = r.p_adjusted <= 0.05;
  const char* kind = !shown ? "" : r.difference.value > 0 ? "good" : "worse";
  const char* sign = !shown ? "" : r.difference.value > 0 ? "▲ " : "▼ ";
  return {{name},
          {escaped(estimate_text(r.first)), fmt::format("{}", r.first.value)},
          {escaped(estimate_text(r.other)), fmt::format("{}", r.other.value)},
          {sign + escaped(difference_text(r.difference)), fmt::format("{}", r.difference.value), kind},
          {escaped(p_text(r.p_adjusted)), fmt::format("{}", r.p_adjusted)},
          {!shown                   ? "no difference shown"
           : r.difference.value > 0 ? "better"
                                    : "worse"}};
}

std::string list_html(const char* heading, const std::vector<std::string>& entries) {
  if (entries.empty()) return "";
  std::string html = fmt::format("<p>{}</p>\n<ul>\n", heading);
  for (const std::string& entry : entries) html += "<li>" + cut_html(entry, 400) + "</li>\n";
  return html + "</ul>\n";
}

std::string file_html(const Comparison& comparison, const ComparedFile& file) {
  HtmlTable table(fmt::format("{} against {}: accuracy of the searches in per cent", file.name, comparison.first),
                  {{"task", HtmlTable::Kind::text},
                   {name_html(comparison.first)},
                   {name_html(file.name)},
                   {"difference"},
                   {"p", HtmlTable::Kind::number,
                    "sign flips over examples, adjusted by Holm; of the mean: signed ranks over tasks"},
                   {"verdict", HtmlTable::Kind::text}});
  for (const ComparedTask& task : file.tasks) table.add(row_of(name_html(task.task), task.result));
  if (file.mean) table.add_total(row_of("mean over tasks", *file.mean));
  return table.html("compared") + list_html("The files differ in these settings:", file.differing) +
         list_html("Left out:", file.left_out);
}

}  // namespace

PageSection compared(const Comparison& comparison) {
  std::string html;
  for (const ComparedFile& file : comparison.others) html += file_html(comparison, file);
  return {"compared", "The files compared",
          html +
              "<p class=\"note\">Difference: the later file minus the first, with 95 % intervals of a bootstrap in "
              "which both "
              "draw the same examples, and the same seeds where these are the same.</p>\n"};
}

}  // namespace lorasweep

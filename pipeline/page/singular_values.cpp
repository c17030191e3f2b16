// SPDX-License-Identifier: Apache-2.0
// How much room the changes of adapters and of compositions take: where the file has their singular values.
#include "pipeline/page/singular_values.h"

#include "pipeline/page/html.h"
#include "pipeline/page/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

constexpr double width = 320, height = 170, left = 46, least = 1e-4;

std::string number(double value) { return std::isnan(value) ? "–" : fmt::format("{:.3g}", value); }

std::string line_html(const std::vector<double>& decay, const Scale& x, const Scale& y, const char* kind,
                      const char* title) {
  std::string path;
  for (std::size_t k = 0; k < decay.size(); ++k)
    path += fmt::format("{}{} {}", k == 0 ? "M" : "L", place(x(static_cast<double>(k + 1))),
                        place(y(std::max(decay[k], least))));
  return fmt::format("<path class=\"trace {}\" d=\"{}\"><title>{}</title></path>", kind, path, title);
}

// Singular values over the greatest, mean over all sites.
std::string drawing(const Spectrum& s, const std::string& prefix) {
  const std::vector<double> of_adapters = mean_decay(s, SpectrumOf::adapter),
                            composed = mean_decay(s, SpectrumOf::composition);
  const std::size_t most = std::max(of_adapters.size(), composed.size());
  if (most < 2) return "";
  const Scale x{1, static_cast<double>(most), left, width - 8};
  const Scale y{least, 1, height - 20, 8, true};
  std::string content;
  for (const double tick : {1.0, 0.1, 0.01, 0.001, 0.0001})
    content += fmt::format(
        "<path class=\"grid\" d=\"M{0} {1}H{2}\"/><text x=\"{3}\" y=\"{1}\" class=\"end\" dy=\".3em\">{4:g}</text>",
        place(left), place(y(tick)), place(width - 8), place(left - 5), tick);
  content += fmt::format("<text x=\"{}\" y=\"{}\">1</text><text x=\"{}\" y=\"{}\" class=\"end\">{}</text>", place(left),
                         place(height - 4), place(width - 8), place(height - 4), most);
  content += line_html(of_adapters, x, y, "s0", "adapters") + line_html(composed, x, y, "s1 chosen", "found models");
  const std::string words =
      fmt::format("Logarithmic scale from 1 down to {:g}; {} values of adapters, {} of found models.", least,
                  of_adapters.size(), composed.size());
  return "<figure class=\"trace\"><figcaption>Singular values over the greatest, mean over linear maps: adapters "
         "(thin) "
         "and found models (thick)</figcaption>" +
         svg(width, height, prefix + "spectrum-decay", "Singular values over the greatest", words, content, "chart") +
         "</figure>\n";
}

std::string table_html(const Spectrum& spectrum, const SpectrumNames& names) {
  HtmlTable table("Singular values of what is changed, by adapter and found model",
                  {{"whose", HtmlTable::Kind::text},
                   {"", HtmlTable::Kind::text},
                   {"maps", HtmlTable::Kind::number, "linear maps that are changed"},
                   {"rank", HtmlTable::Kind::number, "the greatest of the factors"},
                   {"norm", HtmlTable::Kind::number, "Frobenius norm of the whole change"},
                   {"top-1 share", HtmlTable::Kind::number, "of the sum of squares; mean over maps"},
                   {"effective rank", HtmlTable::Kind::number, "exp of the entropy of the values; mean over maps"},
                   {"stable rank", HtmlTable::Kind::number, "sum of squares over the greatest; mean over maps"},
                   {"nearest adapter", HtmlTable::Kind::text, "whose output spaces lie most in its own"},
                   {"overlap", HtmlTable::Kind::number, "with these, 0 to 1"}});
  for (const SubjectSpectrum& subject : subjects_of(spectrum)) {
    const bool is_alone = subject.nearest < 0;
    table.add({{name_html(subject_name(names, subject))},
               {subject.of == SpectrumOf::adapter ? "adapter" : "found"},
               {std::to_string(subject.rows)},
               {std::to_string(subject.rank)},
               {number(subject.frobenius)},
               {number(subject.top_share)},
               {number(subject.effective_rank)},
               {number(subject.stable_rank)},
               {is_alone ? "–" : name_html(names.adapters.at(static_cast<std::size_t>(subject.nearest)))},
               {is_alone ? "–" : number(subject.nearest_overlap)}});
  }
  return table.html();
}

}  // namespace

PageSection singular_values(const Spectrum& spectrum, const SpectrumNames& names, const std::string& prefix) {
  const char* heading = "Singular values";
  if (spectrum.of.empty()) return {"spectrum", heading, ""};
  return {"spectrum", heading,
          "<p>A change of which one singular value holds nearly everything (top-1 share near 1, stable rank near 1) "
          "moves every input in one direction. An overlap of 1 with an adapter says that the change reaches the same "
          "outputs, 0 that it reaches others.</p>\n" +
              drawing(spectrum, prefix) + table_html(spectrum, names)};
}

}  // namespace lorasweep

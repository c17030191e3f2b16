// SPDX-License-Identifier: Apache-2.0
// Puts the sections together.
#include "pipeline/page/page.h"

#include "data/core/digest.h"
#include "data/core/error.h"
#include "data/core/file.h"
#include "pipeline/collect/output_place.h"
#include "pipeline/page/html.h"
#include "pipeline/page/page_text.h"
#include "pipeline/page/singular_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

namespace lorasweep {
namespace {

std::string base64_of_hex(const std::string& hex) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<unsigned>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return k < bytes.size() ? bytes[k] : 0u; };
    const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int part = 0; part < 4; ++part) text += i + part > bytes.size() ? '=' : digits[group >> (18 - 6 * part) & 63];
  }
  return text;
}

// Nothing is loaded from anywhere, and no script runs but ours: not even one that a name would smuggle in.
std::string policy() {
  return fmt::format(
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
      base64_of_hex(sha256_hex(page_script())));
}

std::vector<PageSection> sections_of(const PageFile& file, const PageOptions& options,
                                     const std::optional<Spectrum>& spectrum) {
  std::vector<PageSection> sections = {accuracies(file),         traces(file),
                                       weights_by_adapter(file), screened(file),
                                       shots_against_test(file), answers(file, options.answers),
                                       where_time_went(file),    what_failed(file),
                                       what_was_run(file),       how_to_repeat(file)};
  if (spectrum)
    sections.insert(sections.begin() + 4,
                    singular_values(*spectrum, {file.results.adapters.name, file.results.summary.task}, file.prefix));
  std::erase_if(sections, [](const PageSection& section) { return section.html.empty(); });
  return sections;
}

struct Body {
  std::string navigation, contents;
};

void add(Body& body, const PageSection& section, const std::string& prefix, int level) {
  body.navigation += fmt::format("<li><a href=\"#{0}{1}\">{2}</a></li>\n", prefix, section.id, section.heading);
  body.contents += fmt::format(
      "<section id=\"{0}{1}\" aria-labelledby=\"{0}{1}-h\">\n<h{3} id=\"{0}{1}-h\">{2}</h{3}>\n{4}</section>\n", prefix,
      section.id, section.heading, level, section.html);
}

Body body_of(const std::vector<NamedResults>& files, const PageOptions& options,
             const std::vector<std::optional<Spectrum>>& spectra) {
  Body body;
  if (files.size() > 1) add(body, compared(compare(files, {}, options.scoring)), "", 2);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string prefix = files.size() == 1 ? "" : fmt::format("f{}-", i + 1);
    const PageFile file{files[i].name, files[i].results, outcome_of(files[i].results, options.scoring), prefix};
    if (files.size() > 1) {
      body.navigation += fmt::format("</ul>\n<p>{}</p>\n<ul>\n", name_html(file.name));
      body.contents += fmt::format("<h2>{}</h2>\n", name_html(file.name));
    }
    const std::optional<Spectrum> spectrum = i < spectra.size() ? spectra[i] : std::nullopt;
    for (const PageSection& section : sections_of(file, options, spectrum))
      add(body, section, prefix, files.size() == 1 ? 2 : 3);
  }
  return body;
}

std::string lead(const std::vector<NamedResults>& files, const PageOptions& options) {
  std::string names;
  for (const NamedResults& file : files) names += (names.empty() ? "" : ", ") + name_html(file.name);
  return fmt::format(
      "<p class=\"lead\">A report of {}. What counts as right: {}.</p>\n", names,
      options.scoring == Scoring::lorahub ? "LoraHub’s rule" : "exact match, ignoring case and punctuation");
}

}  // namespace

std::string page(const std::vector<NamedResults>& files, const PageOptions& options,
                 const std::vector<std::optional<Spectrum>>& spectra) {
  const Body body = body_of(files, options, spectra);
  const std::string title =
      files.size() == 1 ? files.front().results.title : fmt::format("lorasweep: {} files compared", files.size());
  std::string html = page_start;
  html += fmt::format(
      "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n",
      policy(), escaped(title));
  html += fmt::format("<style>{}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n{}", page_style(), name_html(title),
                      lead(files, options));
  html += fmt::format("<nav aria-label=\"Contents\">\n<ul>\n{}</ul>\n</nav>\n</header>\n<main>\n{}</main>\n",
                      body.navigation, body.contents);
  html += fmt::format("<script>{}</script>\n</body>\n</html>\n", page_script());
  return html;
}

void write_page(const std::string& html, const std::filesystem::path& output) {
  const std::filesystem::path place = output_place(output);
  if (is_there(place)) {
    const std::string_view start = page_start;
    const RandomAccessFile file(place);
    std::string head(std::min<std::uint64_t>(start.size(), file.size()), ' ');
    file.read(0, std::as_writable_bytes(std::span(head)));
    if (head != start)
      throw ConfigError("--out", output.string() + " is there already, and no report", "name another file");
  }
  write_file_atomically(place, html);
}

}  // namespace lorasweep

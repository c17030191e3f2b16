// SPDX-License-Identifier: Apache-2.0
// The commands and the configuration that make it again, and what to cite.
#include "pipeline/outcome/settings.h"
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"

#include <fmt/format.h>

#include <string>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::string command_of(const Json& session) {
  if (!session.is_object() || !session.contains("argv") || !session["argv"].is_array()) return "";
  std::string line;
  for (const Json& word : session["argv"]) {
    if (!word.is_string()) continue;
    const bool is_program = line.empty();
    const std::string text = is_program ? "lorasweep" : word.get<std::string>();
    line += (is_program ? "" : " ") + shell_word(text);
  }
  return line;
}

std::string commands_html(const SweepResults& results) {
  const Json sessions = provenance_json(results, "sessions");
  std::string lines, last;
  if (sessions.is_array())
    for (const Json& session : sessions) {
      const std::string line = command_of(session);
      if (!line.empty() && line != last) lines += line + "\n";
      last = line;
    }
  return lines.empty()
             ? ""
             : "<p>As the run was started:</p>\n<pre tabindex=\"0\"><code>" + escaped(lines) + "</code></pre>\n";
}

std::string configuration_html(const SweepResults& results) {
  const auto text = results.provenance.find("config_toml");
  if (text == results.provenance.end() || text->second.empty()) return "";
  return "<details><summary>The configuration file</summary>\n<pre tabindex=\"0\"><code>" + escaped(text->second) +
         "</code></pre></details>\n";
}

constexpr const char* bibtex = R"(@misc{huang2023lorahub,
  title  = {LoraHub: Efficient Cross-Task Generalization via Dynamic LoRA Composition},
  author = {Huang, Chengsong and Liu, Qian and Lin, Bill Yuchen and Pang, Tianyu and Du, Chao and Lin, Min},
  year   = {2023},
  eprint = {2307.13269},
  archivePrefix = {arXiv}
}
)";

}  // namespace

PageSection how_to_repeat(const PageFile& file) {
  const auto version = file.results.provenance.find("version");
  std::string software = fmt::format(
      "@software{{lorasweep,\n  title   = {{lorasweep}},\n  version = {{{}}},\n  note    = {{run {}}}\n}}\n",
      version == file.results.provenance.end() ? "" : version->second, file.results.run_uuid);
  return {"again", "How to make it again",
          commands_html(file.results) + configuration_html(file.results) +
              "<p>What to cite: LoraHub, whose method this is, and the program.</p>\n<pre tabindex=\"0\"><code>" +
              escaped(bibtex + software) + "</code></pre>\n"};
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Model, library, tasks, settings that are not the defaults, digests, where and when.
#include "pipeline/outcome/settings.h"
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return "";
  const Json& value = object[key];
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Facts {
 public:
  void add(const char* name, const std::string& html) {
    if (!html.empty()) html_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
  }
  std::string html() const { return "<dl class=\"facts\">\n" + html_ + "</dl>\n"; }

 private:
  std::string html_;
};

std::string digest_html(const std::string& digest) { return "<code class=\"digest\">" + escaped(digest) + "</code>"; }

Json first_manifest(const SweepResults& results) {
  const Json manifests = provenance_json(results, "manifests");
  if (!manifests.is_array() || manifests.empty() || !manifests[0].is_object()) return Json::object();
  return manifests[0].value("manifest", Json::object());
}

std::string range_of(const std::vector<std::int32_t>& values) {
  if (values.empty()) return "";
  const auto [least, most] = std::ranges::minmax_element(values);
  return *least == *most ? fmt::format("{}", *least) : fmt::format("{} to {}", *least, *most);
}

std::string hosts_html(const SweepResults& results) {
  const Json sessions = provenance_json(results, "sessions");
  std::set<std::string> hosts;
  if (sessions.is_array())
    for (const Json& session : sessions) hosts.insert(text_of(session, "host"));
  hosts.erase("");
  std::string html;
  for (const std::string& host : hosts) html += (html.empty() ? "" : ", ") + name_html(host);
  return html;
}

std::string state_of(const SweepResults& results) {
  if (!results.complete) return "<strong class=\"warn\">not finished: what is missing is shown as –</strong>";
  if (results.n_failed > 0)
    return fmt::format("<strong class=\"warn\">finished, {} of {} searches and baselines failed</strong>",
                       results.n_failed, results.n_units);
  return fmt::format("finished, all {} searches and baselines", results.n_units);
}

std::string seeds_of(const Summary& summary) {
  std::string text;
  for (const auto seed : summary.seed) text += (text.empty() ? "" : ", ") + std::to_string(seed);
  return text;
}

std::string settings_html(const SweepResults& results) {
  const std::vector<SettingValue> settings = unusual_settings(results);
  if (settings.empty()) return "<p>All recorded settings have their defaults, or the file does not say.</p>\n";
  HtmlTable table(
      "Settings that are not the defaults",
      {{"setting", HtmlTable::Kind::text}, {"value", HtmlTable::Kind::text}, {"default", HtmlTable::Kind::text}});
  for (const SettingValue& setting : settings)
    table.add({{"<code>" + escaped(setting.name) + "</code>"},
               {cut_html(setting.value, 400)},
               {cut_html(setting.usual, 200)}});
  return table.html();
}

std::string library_html(const Adapters& adapters) {
  HtmlTable table("The adapter library", {{"adapter", HtmlTable::Kind::text},
                                          {"rank"},
                                          {"alpha"},
                                          {"changes", HtmlTable::Kind::number, "linear maps that it changes"},
                                          {"base model", HtmlTable::Kind::text},
                                          {"digest", HtmlTable::Kind::text}});
  for (std::size_t a = 0; a < adapters.name.size(); ++a) {
    const auto sites = adapters.n_sites[a];
    table.add({{name_html(adapters.name[a])},
               {std::to_string(adapters.rank[a])},
               {fmt::format("{:g}", adapters.alpha[a])},
               {sites < 0 ? "–" : std::to_string(sites)},
               {name_html(adapters.base_model[a])},
               {digest_html(adapters.sha256[a].substr(0, 12))}});
  }
  return fmt::format("<details><summary>The {} adapters of the library</summary>\n{}</details>\n", table.rows(),
                     table.html());
}

}  // namespace

PageSection what_was_run(const PageFile& file) {
  const SweepResults& results = file.results;
  const Json manifest = first_manifest(results);
  const Json base = manifest.value("base", Json::object());
  const Json numerics = provenance_json(results, "numerics");
  const Summary& s = results.summary;
  const auto test_examples = std::accumulate(s.n_examples.begin(), s.n_examples.end(), std::int64_t{0});
  Facts facts;
  facts.add("State", state_of(results));
  facts.add("Model", name_html(text_of(base, "path")));
  facts.add("Computed with", escaped(text_of(numerics, "device")));
  facts.add("Element type", escaped(text_of(numerics, "dtype")));
  facts.add("Library", fmt::format("{} adapters, rank {}; {} in a search", results.adapters.name.size(),
                                   range_of(results.adapters.rank), s.adapter_slots));
  facts.add("Tasks", fmt::format("{}, {} shots each, {} test examples in all", s.task.size(), range_of(s.n_shots),
                                 test_examples));
  facts.add("Seeds", seeds_of(s));
  facts.add("Evaluations", fmt::format("{}", results.evaluations.step.size()));
  facts.add("Answers", fmt::format("{}", results.predictions.of.size()));
  facts.add("Run", digest_html(results.run_uuid));
  facts.add("Results made", escaped(results.created_utc));
  facts.add("Hosts", hosts_html(results));
  const auto version = results.provenance.find("version");
  facts.add("lorasweep", version == results.provenance.end() ? "" : escaped(version->second));
  if (const std::string digest = text_of(base, "sha256"); !digest.empty())
    facts.add("Digest of the model", digest_html(digest));
  if (const std::string digest = text_of(manifest, "tokenizer_sha256"); !digest.empty())
    facts.add("Digest of the tokenizer", digest_html(digest));
  return {"run", "What was run", facts.html() + settings_html(results) + library_html(results.adapters)};
}

}  // namespace lorasweep

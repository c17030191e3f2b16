// SPDX-License-Identifier: Apache-2.0
// Searches and baselines that failed, with the reason, and those that are not finished.
#include "pipeline/outcome/settings.h"
#include "pipeline/outcome/ways.h"
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"

#include <fmt/format.h>

#include <string>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t integer(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_number_integer() ? object[key].get<std::int64_t>()
                                                                                       : -1;
}

const Json* element(const Json& object, const char* key, std::int64_t index) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_array()) return nullptr;
  return index >= 0 && static_cast<std::size_t>(index) < object[key].size() ? &object[key][index] : nullptr;
}

std::string task_name(const Json& manifest, std::int64_t task) {
  const Json* found = element(manifest, "tasks", task);
  return found != nullptr && found->is_object() && found->contains("name") && (*found)["name"].is_string()
             ? (*found)["name"].get<std::string>()
             : "";
}

// What a failure's numbers mean: they count in the manifest of its run, which is known only where there is one run.
std::string unit_html(const Json& failure, const Json& manifests) {
  const auto of = integer(failure, "of"), index = integer(failure, "index");
  const std::string kind = of == 0 ? "search" : way_of(static_cast<Subject>(of)).label;
  if (!manifests.is_array() || manifests.size() != 1 || !manifests[0].is_object())
    return fmt::format("{} number {}", kind, index);
  const Json manifest = manifests[0].value("manifest", Json::object());
  if (of == 1 || of == 2) return name_html(task_name(manifest, index)) + ", " + kind;
  const Json* search = element(manifest, "searches", index);
  if (search == nullptr) return fmt::format("{} number {}", kind, index);
  return fmt::format("{}, seed {}, {}", name_html(task_name(manifest, integer(*search, "task"))),
                     integer(*search, "seed"), kind);
}

std::string failures_html(const SweepResults& results) {
  const Json failures = provenance_json(results, "failures"), manifests = provenance_json(results, "manifests");
  if (!failures.is_array() || failures.empty()) return "";
  HtmlTable table("What failed", {{"what", HtmlTable::Kind::text}, {"why", HtmlTable::Kind::text}});
  for (const Json& failure : failures) {
    const bool has_reason = failure.is_object() && failure.contains("reason") && failure["reason"].is_string();
    table.add(
        {{unit_html(failure, manifests)}, {has_reason ? cut_html(failure["reason"].get<std::string>(), 2000) : ""}});
  }
  return table.html("failures");
}

std::string missing_html(const Summary& s) {
  constexpr std::array words = {"", "failed", "not finished", "not there"};
  HtmlTable table("Searches without a result",
                  {{"task", HtmlTable::Kind::text}, {"seed"}, {"state", HtmlTable::Kind::text}});
  for (std::size_t cell = 0; cell < s.status.size(); ++cell)
    if (s.status[cell] != 0)
      table.add({{name_html(s.task[cell / s.seed.size()])},
                 {std::to_string(s.seed[cell % s.seed.size()])},
                 {words.at(s.status[cell])}});
  return table.rows() == 0 ? "" : table.html("missing");
}

}  // namespace

PageSection what_failed(const PageFile& file) {
  const std::string failures = failures_html(file.results), missing = missing_html(file.results.summary);
  std::string html = failures + missing;
  if (html.empty()) html = "<p>Nothing failed, and nothing is missing.</p>\n";
  return {"failed", "What failed", html};
}

}  // namespace lorasweep

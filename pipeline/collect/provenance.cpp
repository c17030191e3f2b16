// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/provenance.h"

#include "pipeline/collect/work_done.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::map<std::string, std::string>;

void add_session(const SessionRecord& session, Json& sessions, Texts& texts) {
  Json json = Json::parse(session.json, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return;
  texts["config_toml"] = json.value("config_toml", "");
  texts["config"] = json.value("config", Json::object()).dump(2);
  json.erase("config_toml");
  json.erase("config");
  sessions.push_back(std::move(json));
}

std::string as_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::map<std::string, std::string> provenance_of(const std::vector<RunRecords>& runs) {
  Texts texts;
  Json manifests = Json::array(), sessions = Json::array(), failures = Json::array();
  for (const RunRecords& run : runs) {
    Json manifest = Json::parse(to_json(run.manifest));
    for (Json& task : manifest["tasks"]) task.erase("targets");  // they are in /predictions
    manifests.push_back({{"journal", run.where}, {"manifest", std::move(manifest)}});
    for (const Record& record : run.records) {
      if (const auto* session = std::get_if<SessionRecord>(&record)) add_session(*session, sessions, texts);
      if (const auto* failure = std::get_if<FailureRecord>(&record))
        failures.push_back(
            {{"of", static_cast<int>(failure->of)}, {"index", failure->index}, {"reason", failure->reason}});
    }
  }
  texts["version"] = runs.front().manifest.version;
  // All runs agree in these; only those of 0.1.0 have no check value.
  const auto checked = std::ranges::find_if(runs, [](const RunRecords& run) { return !run.manifest.check.empty(); });
  texts["numerics"] = checked_numerics_of((checked == runs.end() ? runs.front() : *checked).manifest).dump(2);
  texts["manifests"] = as_text(manifests);
  texts["sessions"] = as_text(sessions);
  texts["failures"] = as_text(failures);
  texts["work"] = as_text(work_done(runs));
  return texts;
}

}  // namespace lorasweep

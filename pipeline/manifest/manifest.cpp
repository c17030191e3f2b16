// SPDX-License-Identifier: Apache-2.0
// The manifest as JSON and back, and what differs between two of them.
#include "pipeline/manifest/manifest.h"

#include "data/core/error.h"
#include "data/core/json.h"
#include "pipeline/config/budget.h"
#include "pipeline/config/result_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string_view>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format_version = 1;

// What is not recorded has no key, as in older manifests.
Json adapter_json(const Manifest::Adapter& a) {
  Json json = {
      {"name", a.name}, {"source", a.source}, {"sha256", a.sha256},         {"format", a.format},
      {"rank", a.rank}, {"alpha", a.alpha},   {"base_model", a.base_model}, {"target_modules", a.target_modules}};
  if (a.sites >= 0) json["sites"] = a.sites;
  if (a.idle_sites >= 0) json["idle_sites"] = a.idle_sites;
  return json;
}
Json skipped_json(const std::vector<Manifest::SkippedAdapter>& skipped) {
  Json list = Json::array();
  for (const auto& [name, reason] : skipped) list.push_back({{"name", name}, {"reason", reason}});
  return list;
}
Json cut_json(const CutExamples& cut) {
  Json json = {{"shots", cut.shots}, {"shot_targets", cut.shot_targets}, {"test", cut.test}};
  if (cut.few_shot) json["few_shot"] = *cut.few_shot;
  return json;
}
Json task_json(const Manifest::Task& t) {
  Json json = {{"name", t.name},
               {"source", t.source},
               {"sha256", t.sha256},
               {"shots_sha256", t.shots_sha256},
               {"shot_tokens", t.shot_tokens},
               {"targets", t.targets}};
  if (t.cut) json["cut"] = cut_json(*t.cut);
  for (const Manifest::Shots& shots : t.further_shots)
    json["further_shots"].push_back({{"sha256", shots.sha256}, {"tokens", shots.tokens}});
  return json;
}
Json search_json(const Manifest::Search& s) {
  Json json = {{"task", s.task}, {"replicate", s.replicate}, {"seed", s.seed}, {"adapter_set", s.adapter_set}};
  if (s.answers != Subject::search) json["of"] = name_of(s.answers);
  return json;
}

Json baseline_json(const Manifest::Baseline& b) {
  return {{"few_shot", b.kind == Subject::few_shot}, {"task", b.task}};
}

Json trials_json(const Manifest::Trials& t) {
  return {{"kind", static_cast<int>(t.kind)}, {"index", t.index}, {"positions", t.positions}};
}

// A key that this program does not know may change what the others mean.
void require_known_keys(const Json& json, std::initializer_list<std::string_view> known, const std::string& what,
                        const std::string& where) {
  for (const auto& [key, value] : json.items())
    if (std::ranges::find(known, key) == known.end())
      throw InputError(where,
                       fmt::format("the manifest has a key {} in {}, which this program does not know", key, what),
                       "use the version of lorasweep that wrote it");
}

Manifest::Adapter adapter_from(const Json& a, const std::string& where) {
  require_known_keys(
      a, {"name", "source", "sha256", "format", "rank", "alpha", "base_model", "target_modules", "sites", "idle_sites"},
      "an adapter", where);
  return {a.at("name"),  a.at("source"),     a.at("sha256"),         a.at("format"),       a.at("rank"),
          a.at("alpha"), a.at("base_model"), a.at("target_modules"), a.value("sites", -1), a.value("idle_sites", -1)};
}
Manifest::SkippedAdapter skipped_from(const Json& s, const std::string& where) {
  require_known_keys(s, {"name", "reason"}, "a skipped adapter", where);
  return {s.at("name"), s.at("reason")};
}
CutExamples cut_from(const Json& c, const std::string& where) {
  require_known_keys(c, {"shots", "shot_targets", "test", "few_shot"}, "what is cut of a task", where);
  using Places = std::vector<std::int32_t>;
  CutExamples cut{.shots = c.at("shots").get<Places>(),
                  .shot_targets = c.at("shot_targets").get<Places>(),
                  .test = c.at("test").get<Places>(),
                  .few_shot = {}};
  if (c.contains("few_shot")) cut.few_shot = c.at("few_shot").get<Places>();
  return cut;
}
Manifest::Task task_from(const Json& t, const std::string& where) {
  require_known_keys(t, {"name", "source", "sha256", "shots_sha256", "shot_tokens", "targets", "cut", "further_shots"},
                     "a task", where);
  Manifest::Task task{t.at("name"),
                      t.at("source"),
                      t.at("sha256"),
                      t.at("shots_sha256"),
                      t.at("shot_tokens").get<std::vector<std::int32_t>>(),
                      t.at("targets").get<std::vector<std::string>>()};
  if (t.contains("cut")) task.cut = cut_from(t.at("cut"), where);
  for (const Json& shots : t.value("further_shots", Json::array())) {
    require_known_keys(shots, {"sha256", "tokens"}, "shots of a task", where);
    task.further_shots.push_back({shots.at("sha256"), shots.at("tokens").get<std::vector<std::int32_t>>()});
  }
  return task;
}
Manifest::Search search_from(const Json& s, const std::string& where) {
  require_known_keys(s, {"task", "replicate", "seed", "adapter_set", "of"}, "a search", where);
  Manifest::Search search{s.at("task"), s.at("replicate"), s.at("seed"), s.at("adapter_set")};
  if (!s.contains("of")) return search;
  search.answers = Subject::random_adapters;
  if (s.at("of") != name_of(search.answers))
    throw InputError(
        where, fmt::format("the manifest has a search of {}, which this program does not know", s.at("of").dump()),
        "use the version of lorasweep that wrote it");
  return search;
}
Manifest::Baseline baseline_from(const Json& b, const std::string& where) {
  require_known_keys(b, {"few_shot", "task"}, "a baseline", where);
  return {b.at("few_shot").get<bool>() ? Subject::few_shot : Subject::zero_shot, b.at("task")};
}

Manifest::Trials trials_from(const Json& t, const std::string& where) {
  require_known_keys(t, {"kind", "index", "positions"}, "trials", where);
  const std::int64_t kind = t.at("kind");
  if (kind < 0 || kind > static_cast<std::int64_t>(last_trial))
    throw InputError(where, fmt::format("the manifest has trials of kind {}, which this program does not know", kind),
                     "use the version of lorasweep that wrote it");
  return {static_cast<Trial>(kind), t.at("index"), t.at("positions").get<std::vector<std::uint32_t>>()};
}

Element dtype_from(const Json& word, const std::string& where) {
  for (const Element element : {Element::f32, Element::bf16})
    if (word == name_of(element)) return element;
  throw InputError(where,
                   fmt::format("the manifest has numerics.dtype {}, which this program does not know", word.dump()),
                   "use the version of lorasweep that wrote it");
}

// A family reads the keys that it knows: one that it does not write again, it did not read.
ModelConfig base_config_from(const Json& json, const std::string& where) {
  ModelConfig config = model_config_from_json(json);
  const Json known = to_json(config);
  for (const auto& [key, value] : json.items())
    if (!known.contains(key))
      throw InputError(where,
                       fmt::format("the manifest has a key {} in base.config, which this program does not know", key),
                       "use the version of lorasweep that wrote it");
  return config;
}

// "was 40 and is 60" for every leaf that differs.
void compare(const Json& recorded, const Json& now, const std::string& path, std::vector<std::string>& out) {
  if (recorded == now) return;
  if (!recorded.is_object() || !now.is_object()) {
    out.push_back(fmt::format("{} was {} and is {}", path, recorded.dump(), now.dump()));
    return;
  }
  for (const auto& [key, value] : recorded.items()) {
    const std::string name = path.empty() ? key : path + "." + key;
    if (now.contains(key))
      compare(value, now.at(key), name, out);
    else
      out.push_back(name + " was recorded and is gone");
  }
  for (const auto& [key, value] : now.items())
    if (!recorded.contains(key)) out.push_back(fmt::format("{}{}{} is new", path, path.empty() ? "" : ".", key));
}

// Results are made from these, and a digest does not show that it was recorded beside the right ones.
bool is_recorded_alike(const Manifest::Adapter& a, const Manifest::Adapter& b) {
  return a.rank == b.rank && a.alpha == b.alpha;
}
bool is_recorded_alike(const Manifest::Task& a, const Manifest::Task& b) {
  return a.shots_sha256 == b.shots_sha256 && a.shot_tokens == b.shot_tokens && a.targets == b.targets &&
         a.further_shots == b.further_shots;
}

// Lists of named things with digests: what was added, removed or changed.
template <typename Entry>
void compare_named(const std::vector<Entry>& recorded, const std::vector<Entry>& now, const std::string& kind,
                   std::vector<std::string>& out) {
  std::map<std::string, const Entry*> current;
  for (const Entry& entry : now) current[entry.name] = &entry;
  bool same_names = recorded.size() == now.size();
  for (const Entry& entry : recorded) {
    const auto found = current.find(entry.name);
    if (found == current.end()) {
      out.push_back(fmt::format("{} {} was recorded and is gone", kind, entry.name));
      same_names = false;
    } else if (found->second->sha256 != entry.sha256) {
      out.push_back(fmt::format("the content of {} {} changed (now from {})", kind, entry.name, found->second->source));
    } else if (!is_recorded_alike(entry, *found->second)) {
      out.push_back(fmt::format("what is recorded of {} {} is not what its digest stands for", kind, entry.name));
    }
  }
  std::map<std::string, const Entry*> before;
  for (const Entry& entry : recorded) before[entry.name] = &entry;
  for (const Entry& entry : now)
    if (!before.contains(entry.name)) {
      out.push_back(fmt::format("{} {} is new", kind, entry.name));
      same_names = false;
    }
  if (same_names && !std::ranges::equal(recorded, now, {}, &Entry::name, &Entry::name))
    out.push_back(fmt::format("the order of the {}s changed", kind));
}

std::size_t draws_of_shots(const Manifest& m) { return m.tasks.empty() ? 1 : 1 + m.tasks.front().further_shots.size(); }

// Says why an adapter is gone, where that is so.
void compare_skipped(const Manifest& recorded, const Manifest& now, std::vector<std::string>& out) {
  for (const auto& [name, reason] : now.skipped_adapters)
    if (std::ranges::count(recorded.adapters, name, &Manifest::Adapter::name) > 0)
      out.push_back(fmt::format("adapter {} cannot be used any more: {}", name, reason));
}

}  // namespace

nlohmann::ordered_json numerics_of(const Manifest& m) {
  return {{"dtype", name_of(m.config.model.dtype)}, {"device", m.device}, {"revision", m.revision}};
}

nlohmann::ordered_json checked_numerics_of(const Manifest& m) {
  Json json = numerics_of(m);
  if (!m.check.empty()) json["check"] = m.check;
  return json;
}

std::vector<Replicate> replicates_of(const Manifest& m) {
  if (m.screen_only) return {};
  std::vector<Replicate> replicates = named_replicates(m.config);
  if (m.replicates > 0) replicates.resize(std::min<std::size_t>(m.replicates, replicates.size()));
  return replicates;
}

std::size_t sets_of_shots(const Manifest& m) { return m.tasks.size() * draws_of_shots(m); }

ShotsPlace place_of_shots(const Manifest& m, std::size_t set_of_shots) {
  return {.task = set_of_shots / draws_of_shots(m), .draw = set_of_shots % draws_of_shots(m)};
}

std::size_t set_of_shots(const Manifest& m, const Manifest::Search& search) {
  const std::size_t draws = draws_of_shots(m);
  return static_cast<std::size_t>(search.task) * draws + (draws == 1 ? 0 : search.replicate);
}

Manifest::Shots shots_of(const Manifest& m, const Manifest::Search& search) {
  return shots_of(m, set_of_shots(m, search));
}

Manifest::Shots shots_of(const Manifest& m, std::size_t set_of_shots) {
  const auto [task, draw] = place_of_shots(m, set_of_shots);
  if (draw == 0) return {m.tasks.at(task).shots_sha256, m.tasks.at(task).shot_tokens};
  return m.tasks.at(task).further_shots.at(draw - 1);
}

std::size_t search_budget(const Manifest& m) { return search_budget(m.config, m.adapters.size()); }

std::size_t adapters_of(const Manifest& m, const Manifest::Search& search) {
  return search.adapter_set < 0 ? counted_adapters(m.config) : m.adapter_sets.at(search.adapter_set).size();
}

std::size_t places_of(const Manifest& m) { return std::max<std::size_t>(m.places.size(), 1); }

std::string to_json(const Manifest& m) {
  Json json = {{"manifest", format_version},
               {"version", m.version},
               {"run_uuid", m.run_uuid},
               {"created_utc", m.created_utc},
               {"base", {{"path", m.base_path}, {"sha256", m.base_sha256}, {"config", to_json(m.base_config)}}},
               {"tokenizer_sha256", m.tokenizer_sha256},
               {"settings", result_settings(m.config)},
               {"numerics", checked_numerics_of(m)}};
  json["adapters"] = Json::array();
  for (const auto& adapter : m.adapters) json["adapters"].push_back(adapter_json(adapter));
  if (!m.skipped_adapters.empty()) json["skipped_adapters"] = skipped_json(m.skipped_adapters);
  json["adapter_sets"] = m.adapter_sets;
  json["tasks"] = Json::array();
  for (const auto& task : m.tasks) json["tasks"].push_back(task_json(task));
  json["searches"] = Json::array();
  for (const auto& search : m.searches) json["searches"].push_back(search_json(search));
  json["baselines"] = Json::array();
  for (const auto& baseline : m.baselines) json["baselines"].push_back(baseline_json(baseline));
  if (m.replicates != 0) json["replicates"] = m.replicates;
  for (const auto& trials : m.trials) json["trials"].push_back(trials_json(trials));
  if (m.screen_only) json["screen_only"] = true;
  if (!m.places.empty()) json["places"] = m.places;
  if (!m.weights_sha256.empty()) json["weights_sha256"] = m.weights_sha256;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);  // paths need not be UTF-8
}

Manifest manifest_from_json(const std::string& text, const std::string& where) {
  const Json json = parse_json(text, where, {.bytes = std::size_t{1} << 30});
  Manifest m;
  try {
    if (const int version = json.at("manifest"); version != format_version)
      throw InputError(where, fmt::format("the manifest has format {}, this program reads {}", version, format_version),
                       "use the version of lorasweep that wrote it");
    require_known_keys(json,
                       {"manifest", "version", "run_uuid", "created_utc", "base", "tokenizer_sha256", "settings",
                        "numerics", "adapters", "skipped_adapters", "adapter_sets", "tasks", "searches", "baselines",
                        "replicates", "trials", "screen_only", "places", "weights_sha256"},
                       "it", where);
    require_known_keys(json.at("base"), {"path", "sha256", "config"}, "base", where);
    require_known_keys(json.at("numerics"), {"dtype", "device", "revision", "check"}, "numerics", where);
    m.version = json.at("version");
    m.run_uuid = json.at("run_uuid");
    m.created_utc = json.at("created_utc");
    m.base_path = json.at("base").at("path");
    m.base_sha256 = json.at("base").at("sha256");
    m.base_config = base_config_from(json.at("base").at("config"), where);
    m.tokenizer_sha256 = json.at("tokenizer_sha256");
    m.config = config_of_result_settings(json.at("settings"), where);
    m.config.model.dtype = dtype_from(json.at("numerics").at("dtype"), where);
    m.device = json.at("numerics").at("device");
    m.revision = json.at("numerics").value("revision", 1);
    m.check = json.at("numerics").value("check", "");
    for (const Json& adapter : json.at("adapters")) m.adapters.push_back(adapter_from(adapter, where));
    if (json.contains("skipped_adapters"))
      for (const Json& adapter : json.at("skipped_adapters"))
        m.skipped_adapters.push_back(skipped_from(adapter, where));
    m.adapter_sets = json.at("adapter_sets").get<std::vector<std::vector<std::int32_t>>>();
    for (const Json& task : json.at("tasks")) m.tasks.push_back(task_from(task, where));
    for (const Json& search : json.at("searches")) m.searches.push_back(search_from(search, where));
    for (const Json& baseline : json.at("baselines")) m.baselines.push_back(baseline_from(baseline, where));
    m.replicates = json.value("replicates", 0);
    for (const Json& trials : json.value("trials", Json::array())) m.trials.push_back(trials_from(trials, where));
    m.screen_only = json.value("screen_only", false);
    m.places = json.value("places", std::vector<std::string>{});
    m.weights_sha256 = json.value("weights_sha256", "");
    // A number that does not fit its field has become another one.
    const Json again = Json::parse(to_json(m));
    for (const char* list : {"adapters", "adapter_sets", "tasks", "searches", "baselines", "replicates", "trials"})
      if (again.value(list, Json()) != json.value(list, Json()))
        throw InputError(where, fmt::format("the manifest's {} hold a number that does not fit its field", list),
                         "restore the journal from a backup");
  } catch (const Json::exception& error) {
    throw InputError(where, std::string("this is not the manifest of a run: ") + error.what(),
                     "restore the journal from a backup");
  }
  return m;
}

std::vector<std::string> differences(const Manifest& recorded, const Manifest& now) {
  std::vector<std::string> out;
  compare(to_json(recorded.base_config), to_json(now.base_config), "base", out);
  if (out.empty() && recorded.base_sha256 != now.base_sha256)
    out.push_back("the content of the base model changed (now from " + now.base_path + ")");
  if (recorded.tokenizer_sha256 != now.tokenizer_sha256) out.push_back("the content of the tokenizer changed");
  if (recorded.screen_only != now.screen_only)
    out.push_back(recorded.screen_only ? "it was a screen and no sweep" : "it was a sweep and not only a screen");
  compare(result_settings(recorded.config), result_settings(now.config), "", out);
  if (recorded.places != now.places && recorded.config.search.scope == now.config.search.scope)
    out.push_back(fmt::format("the places of search.scope were {} and are {}", fmt::join(recorded.places, ", "),
                              fmt::join(now.places, ", ")));
  if (recorded.weights_sha256 != now.weights_sha256) out.emplace_back("the content of search.weights changed");
  compare(numerics_of(recorded), numerics_of(now), "numerics", out);
  const bool both_checked = !recorded.check.empty() && !now.check.empty();
  if (both_checked && recorded.check != now.check && numerics_of(recorded) == numerics_of(now))
    out.push_back(fmt::format("numerics.check was {} and is {}: what is called {} computes other bits here",
                              recorded.check, now.check, now.device));
  compare_named(recorded.adapters, now.adapters, "adapter", out);
  compare_skipped(recorded, now, out);
  compare_named(recorded.tasks, now.tasks, "task", out);
  if (out.empty() && (recorded.adapter_sets != now.adapter_sets || recorded.searches != now.searches ||
                      recorded.baselines != now.baselines || recorded.trials != now.trials))
    out.push_back("the plan of searches changed (run.part?)");
  return out;
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// The rules that a manifest and its records must keep, one function for each kind.
#include "pipeline/manifest/run_checks.h"

#include "data/core/error.h"
#include "data/core/json.h"
#include "pipeline/config/budget.h"
#include "pipeline/manifest/adapters_of_searches.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

constexpr const char* remedy = "restore the journal from a backup";

bool within(std::int32_t index, std::size_t size) { return index >= 0 && static_cast<std::size_t>(index) < size; }

// Names become groups of results and file names of exports.
bool is_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

// How many trials of a kind there can be with one index, which must be valid.
std::size_t positions_of(const Manifest& m, Trial kind, std::uint32_t index) {
  switch (kind) {
    case Trial::screen: return m.adapters.size();
    case Trial::uniform: return 1;
    case Trial::ablation: return adapters_of(m, m.searches[index]);
  }
  throw InternalError("unknown kind of trial");
}

class ManifestCheck {
 public:
  ManifestCheck(const Manifest& manifest, const std::string& where) : m_(manifest), where_(where) {}

  void run() const {
    adapters();
    places();
    tasks();
    searches();
    trials();
    for (const Manifest::Baseline& baseline : m_.baselines)
      require(within(baseline.task, m_.tasks.size()), "has a baseline of a task that it does not have");
  }

 private:
  void require(bool right, const std::string& problem) const {
    if (!right) throw InputError(where_, "the manifest " + problem, remedy);
  }

  void adapters() const {
    std::set<std::string_view> names;
    for (const Manifest::Adapter& adapter : m_.adapters)
      require(!adapter.name.empty() && names.insert(adapter.name).second,
              fmt::format("has an adapter without a name, or {} twice", adapter.name));
    for (const Manifest::Adapter& adapter : m_.adapters)
      require(adapter.sites >= -1 && adapter.idle_sites >= -1 && adapter.idle_sites <= adapter.sites,
              fmt::format("has {} of {} sites idle in adapter {}", adapter.idle_sites, adapter.sites, adapter.name));
    for (const auto& set : m_.adapter_sets)
      for (const std::int32_t adapter : set)
        require(within(adapter, m_.adapters.size()), "names an adapter that it does not have");
  }

  // As place_names() makes them (data/model/scope.h).
  void places() const {
    const Scope& scope = m_.config.search.scope;
    const std::set<std::string_view> names(m_.places.begin(), m_.places.end());
    std::size_t least = 0, most = 0;
    if (scope.kind == Scope::Kind::groups && scope.groups > 1) least = most = static_cast<std::size_t>(scope.groups);
    if (scope.kind == Scope::Kind::maps) most = m_.places.size();
    require(m_.places.size() >= least && m_.places.size() <= most && m_.places.size() != 1 &&
                names.size() == m_.places.size() && !names.contains(""),
            fmt::format("has {} places for search.scope = {}", m_.places.size(), name_of(scope)));
  }

  void tasks() const {
    std::set<std::string_view> names;
    for (const Manifest::Task& task : m_.tasks) {
      require(is_name(task.name), fmt::format("calls a task \"{}\", which is not a name", task.name));
      require(names.insert(task.name).second, fmt::format("has the task {} twice", task.name));
      require(!task.shot_tokens.empty() && std::ranges::all_of(task.shot_tokens, [](auto n) { return n > 0; }),
              fmt::format("has no shots of task {}, or some without tokens", task.name));
      require(!task.targets.empty(), fmt::format("has no test examples of task {}", task.name));
      further_shots(task);
      if (task.cut) cut(task, *task.cut);
    }
  }

  void further_shots(const Manifest::Task& task) const {
    const std::size_t draws = m_.config.tasks.shot_seed.size();
    require(task.further_shots.size() + 1 == draws, fmt::format("has {} draws of shots of task {} for {} shot seeds",
                                                                task.further_shots.size() + 1, task.name, draws));
    for (const Manifest::Shots& shots : task.further_shots)
      require(shots.tokens.size() == task.shot_tokens.size() &&
                  std::ranges::all_of(shots.tokens, [](auto n) { return n > 0; }),
              fmt::format("has other numbers of shots of task {}, or some without tokens", task.name));
  }

  void cut(const Manifest::Task& task, const CutExamples& cut) const {
    const auto require_places = [&](const std::vector<std::int32_t>& places, std::size_t size) {
      require(std::ranges::all_of(places, [&](std::int32_t place) { return within(place, size); }) &&
                  std::ranges::adjacent_find(places, std::greater_equal<>()) == places.end(),
              fmt::format("says that examples of task {} were cut which it does not have", task.name));
    };
    const std::size_t shots = task.shot_tokens.size() * (1 + task.further_shots.size());
    require_places(cut.shots, shots);
    require_places(cut.shot_targets, shots);
    require_places(cut.test, task.targets.size());
    if (cut.few_shot) require_places(*cut.few_shot, task.targets.size());
  }

  void searches() const {
    const std::vector<Replicate> replicates = replicates_of(m_);
    const std::size_t named = named_replicates(m_.config).size();
    require(m_.replicates >= 0 && static_cast<std::size_t>(m_.replicates) <= named,
            fmt::format("has {} replicates of {}", m_.replicates, named));
    for (const Manifest::Search& search : m_.searches) {
      require(within(search.task, m_.tasks.size()) &&
                  (within(search.adapter_set, m_.adapter_sets.size()) || is_chosen_by_a_screen(search)) &&
                  within(search.replicate, replicates.size()),
              "has a search of a task, a replicate or adapters that it does not have");
      require(replicates[search.replicate].seed == search.seed,
              fmt::format("has a search of seed {}, which search.seeds does not have there", search.seed));
    }
  }

  bool is_chosen_by_a_screen(const Manifest::Search& search) const {
    return search.adapter_set == -1 && is_screened(m_.config) && counted_adapters(m_.config) <= m_.adapters.size() &&
           std::ranges::any_of(m_.trials, [&](const Manifest::Trials& trials) {
             return trials.kind == Trial::screen && trials.index == set_of_shots(m_, search) &&
                    trials.positions.size() == m_.adapters.size();
           });
  }

  void trials() const {
    for (const Manifest::Trials& trials : m_.trials) {
      const bool of_shots = trials.kind == Trial::screen;
      require(trials.index < (of_shots ? sets_of_shots(m_) : m_.searches.size()),
              fmt::format("has trials ({}) of {}, which it does not have", name_of(trials.kind), trials.index));
      const std::size_t positions = positions_of(m_, trials.kind, trials.index);
      require(std::ranges::all_of(trials.positions, [&](std::uint32_t p) { return p < positions; }) &&
                  std::ranges::adjacent_find(trials.positions, std::greater_equal<>()) == trials.positions.end(),
              fmt::format("has trials ({}) of positions that it does not have, or twice", name_of(trials.kind)));
    }
  }

  const Manifest& m_;
  const std::string& where_;
};

// One overload per type: a record type without one does not compile.
struct RecordCheck {
  const Manifest& manifest;
  const std::string& where;
  std::size_t number;

  void require(bool right, const std::string& problem) const {
    if (!right) throw InputError(where, fmt::format("record {} {}", number, problem), remedy);
  }
  const Manifest::Task& task_of(Subject of, std::uint32_t index) const {
    const bool of_a_search = is_of_a_search(of);
    const std::size_t count = of_a_search ? manifest.searches.size() : manifest.tasks.size();
    require(index < count, fmt::format("is of {} {} of {}", name_of(of), index, count));
    if (of == Subject::search || of == Subject::random_adapters)
      require(manifest.searches[index].answers == of,
              fmt::format("is of {} {}, which is another kind", name_of(of), index));
    return manifest.tasks[of_a_search ? static_cast<std::size_t>(manifest.searches[index].task) : index];
  }
  void operator()(const EvaluationRecord& e) const {
    require(e.search < manifest.searches.size(),
            fmt::format("is of search {} of {}", e.search, manifest.searches.size()));
    const Manifest::Task& task = task_of(manifest.searches[e.search].answers, e.search);
    const std::size_t adapters = adapters_of(manifest, manifest.searches[e.search]);
    require(e.step < search_budget(manifest),
            fmt::format("is evaluation {} of a search of {}", e.step, search_budget(manifest)));
    require(
        e.weights.size() == adapters * places_of(manifest),
        fmt::format("has {} weights for {} adapters in {} places", e.weights.size(), adapters, places_of(manifest)));
    require(e.nll.size() == task.shot_tokens.size(),
            fmt::format("has losses of {} shots of {}", e.nll.size(), task.shot_tokens.size()));
  }
  void operator()(const PredictionRecord& p) const {
    const Manifest::Task& task = task_of(p.of, p.index);
    require(p.example < task.targets.size(),
            fmt::format("answers example {} of {} of task {}", p.example, task.targets.size(), task.name));
  }
  void operator()(const FailureRecord& f) const { task_of(f.of, f.index); }
  void operator()(const TrialRecord& t) const {
    const bool of_shots = t.kind == Trial::screen;
    const std::size_t count = of_shots ? sets_of_shots(manifest) : manifest.searches.size();
    require(t.index < count, fmt::format("is a trial ({}) of {} of {}", name_of(t.kind), t.index, count));
    const std::size_t positions = positions_of(manifest, t.kind, t.index);
    require(t.position < positions,
            fmt::format("is a trial ({}) of position {} of {}", name_of(t.kind), t.position, positions));
    const std::size_t shots =
        of_shots ? shots_of(manifest, t.index).tokens.size() : task_of(Subject::search, t.index).shot_tokens.size();
    require(t.nll.size() == shots, fmt::format("has losses of {} shots of {}", t.nll.size(), shots));
  }
  void operator()(const SessionRecord& session) const {
    const auto json = parse_json(session.json, fmt::format("{}, record {}", where, number));
    require(json.is_object() && (!json.contains("config_toml") || json.at("config_toml").is_string()) &&
                (!json.contains("config") || json.at("config").is_object()),
            "is not a session of a run");
  }
  void operator()(const ManifestRecord&) const { require(false, "is a second manifest"); }
  void operator()(const CompleteRecord&) const {}
};

}  // namespace

void check_manifest(const Manifest& manifest, const std::string& where) { ManifestCheck(manifest, where).run(); }

void check_records(const Manifest& manifest, std::span<const Record> records, const std::string& where) {
  for (std::size_t i = 0; i < records.size(); ++i)
    std::visit(RecordCheck{manifest, where, i + 1}, records[i]);  // record 0 is the manifest
  const auto adapters = adapters_of_searches(manifest, records);
  for (std::size_t i = 0; i < records.size(); ++i)
    if (const auto* evaluation = std::get_if<EvaluationRecord>(&records[i]))
      RecordCheck{manifest, where, i + 1}.require(!adapters[evaluation->search].empty(),
                                                  "evaluates a search whose adapters no screen has chosen");
}

}  // namespace lorasweep

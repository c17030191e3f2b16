// SPDX-License-Identifier: Apache-2.0
// The rules that a manifest and its records must keep, one function for each kind.
#include "pipeline/manifest/run_checks.h"

#include "data/core/error.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>
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

class ManifestCheck {
 public:
  ManifestCheck(const Manifest& manifest, const std::string& where) : m_(manifest), where_(where) {}

  void run() const {
    adapters();
    tasks();
    searches();
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

  void tasks() const {
    std::set<std::string_view> names;
    for (const Manifest::Task& task : m_.tasks) {
      require(is_name(task.name), fmt::format("calls a task \"{}\", which is not a name", task.name));
      require(names.insert(task.name).second, fmt::format("has the task {} twice", task.name));
      require(!task.shot_tokens.empty() && std::ranges::all_of(task.shot_tokens, [](auto n) { return n > 0; }),
              fmt::format("has no shots of task {}, or some without tokens", task.name));
      require(!task.targets.empty(), fmt::format("has no test examples of task {}", task.name));
      if (task.cut) cut(task, *task.cut);
    }
  }

  void cut(const Manifest::Task& task, const CutExamples& cut) const {
    const auto require_places = [&](const std::vector<std::int32_t>& places, std::size_t size) {
      require(std::ranges::all_of(places, [&](std::int32_t place) { return within(place, size); }) &&
                  std::ranges::adjacent_find(places, std::greater_equal<>()) == places.end(),
              fmt::format("says that examples of task {} were cut which it does not have", task.name));
    };
    require_places(cut.shots, task.shot_tokens.size());
    require_places(cut.shot_targets, task.shot_tokens.size());
    require_places(cut.test, task.targets.size());
    if (cut.few_shot) require_places(*cut.few_shot, task.targets.size());
  }

  void searches() const {
    const auto& seeds = m_.config.search.seeds;
    const std::set<std::uint32_t> configured(seeds.begin(), seeds.end());
    for (const Manifest::Search& search : m_.searches) {
      require(within(search.task, m_.tasks.size()) && within(search.adapter_set, m_.adapter_sets.size()) &&
                  search.replicate >= 0,
              "has a search of a task or adapters that it does not have");
      require(configured.contains(search.seed),
              fmt::format("has a search of seed {}, which is not in search.seeds", search.seed));
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
    const std::size_t count = of == Subject::search ? manifest.searches.size() : manifest.tasks.size();
    require(index < count, fmt::format("is of {} {} of {}", name_of(of), index, count));
    return manifest.tasks[of == Subject::search ? static_cast<std::size_t>(manifest.searches[index].task) : index];
  }

  void operator()(const EvaluationRecord& e) const {
    const Manifest::Task& task = task_of(Subject::search, e.search);
    const std::size_t adapters = manifest.adapter_sets[manifest.searches[e.search].adapter_set].size();
    require(e.step < static_cast<std::uint32_t>(manifest.config.search.budget),
            fmt::format("is evaluation {} of a search of {}", e.step, manifest.config.search.budget));
    require(e.weights.size() == adapters, fmt::format("has {} weights for {} adapters", e.weights.size(), adapters));
    require(e.nll.size() == task.shot_tokens.size(),
            fmt::format("has losses of {} shots of {}", e.nll.size(), task.shot_tokens.size()));
  }
  void operator()(const PredictionRecord& p) const {
    const Manifest::Task& task = task_of(p.of, p.index);
    require(p.example < task.targets.size(),
            fmt::format("answers example {} of {} of task {}", p.example, task.targets.size(), task.name));
  }
  void operator()(const FailureRecord& f) const { task_of(f.of, f.index); }
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
}

}  // namespace lorasweep

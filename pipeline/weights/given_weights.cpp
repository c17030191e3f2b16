// SPDX-License-Identifier: Apache-2.0
// Names to places, then rows to vectors.
#include "pipeline/weights/given_weights.h"

#include "data/core/error.h"
#include "pipeline/config/nearest_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t most_problems = 20;
constexpr std::size_t most_adapters = 4096;  // of a vector, as of a search

class Problems {
 public:
  explicit Problems(std::vector<std::string>& out) : out_(out), before_(out.size()) {}
  void add(const std::string& where, const std::string& problem, const std::string& remedy) {
    const std::size_t added = out_.size() - before_;
    if (added < most_problems) out_.emplace_back(InputError(where, problem, remedy).what());
    if (added == most_problems) out_.push_back(where + ": and more of the kind");
  }
  bool none() const { return out_.size() == before_; }

 private:
  std::vector<std::string>& out_;
  std::size_t before_;
};

using Places = std::unordered_map<std::string, std::int32_t>;

Places places_of(const std::vector<std::string>& names) {
  Places places;
  for (std::size_t i = 0; i < names.size(); ++i) places.emplace(names[i], static_cast<std::int32_t>(i));
  return places;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& names, const char* otherwise) {
  const auto meant = nearest_name(name, names);
  return meant ? fmt::format("did you mean {}?", *meant) : otherwise;
}

// One row, its names as places; -1: all.
struct Placed {
  std::int32_t task = -1, seed = -1, adapter = -1, place = -1;
  double weight = 0;
  const std::string* where = nullptr;
};

class Placing {
 public:
  Placing(const WeightedSweep& sweep, WeightSource source, Problems& problems)
      : sweep_(sweep),
        source_(source),
        problems_(problems),
        tasks_(places_of(sweep.tasks)),
        adapters_(places_of(sweep.adapters)),
        places_(places_of(sweep.places)) {}

  /// Nothing: the row is of what the sweep does not have.
  std::optional<Placed> place(const WeightRow& row) {
    Placed placed{.weight = row.weight, .where = &row.where};
    if (!row.task.empty() && !find(tasks_, row.task, placed.task)) {
      refuse(row, fmt::format("the sweep has no task {}", row.task),
             did_you_mean(row.task, sweep_.tasks, "leave the row out, or take the task into tasks.names"));
      return std::nullopt;
    }
    if (row.seed) {
      const auto seed = std::ranges::find(sweep_.seeds, *row.seed);
      if (seed == sweep_.seeds.end()) {
        refuse(row, fmt::format("the sweep has no seed {}", *row.seed),
               "leave the row out, or take the seed into search.seeds");
        return std::nullopt;
      }
      placed.seed = static_cast<std::int32_t>(seed - sweep_.seeds.begin());
    }
    if (!row.adapter.empty() && !find(adapters_, row.adapter, placed.adapter)) {
      problems_.add(
          row.where, fmt::format("the library has no adapter {}", row.adapter),
          did_you_mean(row.adapter, sweep_.adapters, "take it into the library (adapters.dir, adapters.list)"));
      return std::nullopt;
    }
    if (!row.place.empty() && !find(places_, row.place, placed.place)) {
      problems_.add(row.where, fmt::format("search.scope has no place {}", row.place),
                    sweep_.places.empty()
                        ? std::string("set the search.scope that it is of, or leave the place out")
                        : did_you_mean(row.place, sweep_.places,
                                       fmt::format("the places are {}", fmt::join(sweep_.places, ", ")).c_str()));
      return std::nullopt;
    }
    return placed;
  }

 private:
  static bool find(const Places& places, const std::string& name, std::int32_t& place) {
    const auto found = places.find(name);
    if (found == places.end()) return false;
    place = found->second;
    return true;
  }
  void refuse(const WeightRow& row, const std::string& problem, const std::string& remedy) {
    if (source_ == WeightSource::table) problems_.add(row.where, problem, remedy);
  }

  const WeightedSweep& sweep_;
  WeightSource source_;
  Problems& problems_;
  Places tasks_, adapters_, places_;
};

// Adds a row's adapters to a vector in the making.
class Filling {
 public:
  Filling(const WeightedSweep& sweep, Problems& problems)
      : sweep_(sweep),
        problems_(problems),
        places_(static_cast<std::int32_t>(std::max<std::size_t>(sweep.places.size(), 1))) {}

  void add(const Placed& row, const std::string& of) {
    if (row.adapter >= 0) return add(row, row.adapter, of);
    for (std::size_t a = 0; a < sweep_.adapters.size(); ++a) add(row, static_cast<std::int32_t>(a), of);
  }
  GivenVector take(const std::string& of) {
    for (const std::int32_t adapter : vector_.adapters)
      for (std::int32_t place = 0; place < places_; ++place) require(adapter, place, of);
    from_.clear();
    slots_.clear();
    return std::exchange(vector_, {});
  }

 private:
  void add(const Placed& row, std::int32_t adapter, const std::string& of) {
    for (std::int32_t place = 0; place < places_; ++place)
      if (row.place < 0 || row.place == place) add(row, adapter, place, of);
  }
  void add(const Placed& row, std::int32_t adapter, std::int32_t place, const std::string& of) {
    const auto [known, is_new] = from_.try_emplace({adapter, place}, row);
    if (!is_new && known->second.weight != row.weight)
      problems_.add(*row.where,
                    fmt::format("adapter {} gets {}{} for {}, but {} at {}", sweep_.adapters[adapter], row.weight,
                                in_place(place), of, known->second.weight, *known->second.where),
                    "leave one of the two out");
    if (!is_new) return;
    const auto [slot, is_first] = slots_.try_emplace(adapter, vector_.adapters.size());
    if (is_first) {
      vector_.adapters.push_back(adapter);
      vector_.weights.resize(vector_.adapters.size() * places_);
    }
    vector_.weights[slot->second * places_ + place] = row.weight;
  }
  void require(std::int32_t adapter, std::int32_t place, const std::string& of) {
    if (from_.contains({adapter, place})) return;
    const Placed& other = from_.lower_bound({adapter, 0})->second;
    problems_.add(*other.where,
                  fmt::format("adapter {} has no weight{} for {}", sweep_.adapters[adapter], in_place(place), of),
                  "add a row for it; an empty place means all");
  }
  std::string in_place(std::int32_t place) const {
    return sweep_.places.empty() ? "" : fmt::format(" in place {}", sweep_.places[place]);
  }

  const WeightedSweep& sweep_;
  Problems& problems_;
  std::int32_t places_;
  std::map<std::pair<std::int32_t, std::int32_t>, Placed> from_;  ///< of an adapter and a place
  std::map<std::int32_t, std::size_t> slots_;                     ///< of an adapter in the vector
  GivenVector vector_;
};

}  // namespace

GivenWeights given_weights(const WeightRows& rows, const WeightedSweep& sweep, const std::string& file,
                           std::vector<std::string>& problems) {
  GivenWeights given;
  Problems found(problems);
  Placing placing(sweep, rows.source, found);
  std::vector<Placed> placed;
  for (const WeightRow& row : rows.rows)
    if (const auto one = placing.place(row)) {
      placed.push_back(*one);
      given.seed_decides = given.seed_decides || one->seed >= 0;
    }
  const bool all_known = found.none();
  Filling filling(sweep, found);
  for (std::size_t t = 0; t < sweep.tasks.size(); ++t) {
    given.vectors.emplace_back();
    for (std::size_t s = 0; s < sweep.seeds.size(); ++s) {
      const std::string of = fmt::format("task {}, seed {}", sweep.tasks[t], sweep.seeds[s]);
      for (const Placed& row : placed)
        if ((row.task < 0 || row.task == static_cast<std::int32_t>(t)) &&
            (row.seed < 0 || row.seed == static_cast<std::int32_t>(s)))
          filling.add(row, of);
      const GivenVector& vector = given.vectors.back().emplace_back(filling.take(of));
      if (vector.adapters.empty() && all_known)
        found.add(file, "has no weights for " + of, "add rows, or leave the task or the seed out of the sweep");
      if (vector.adapters.size() > most_adapters)
        found.add(file, fmt::format("has {} adapters for {}", vector.adapters.size(), of),
                  fmt::format("give a search at most {}", most_adapters));
    }
  }
  return given;
}

}  // namespace lorasweep

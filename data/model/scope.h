// SPDX-License-Identifier: Apache-2.0
// What a mixture has one number for: an adapter as a whole, or each of its places in the network.
#pragma once

#include "data/model/model_plan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

struct Scope {
  enum class Kind {
    model,   ///< one number an adapter
    groups,  ///< one for each of `groups` equal runs of layers, counted in each stack alike
    maps,    ///< one for each of PEFT's last names of maps (q, v, ...)
  };
  Kind kind = Kind::model;
  int groups = 0;  ///< of Kind::groups, at least 1; otherwise 0
  bool operator==(const Scope&) const = default;
};

/// As configurations write it: "model", "groups:4", "maps".
std::string name_of(const Scope& scope);
/// Nothing for a text that is no scope.
std::optional<Scope> scope_named(std::string_view text);

/// The places that have numbers of their own, and which of them a site belongs to. A scope of one place is the whole
/// model: then both are empty.
struct ScopePlaces {
  std::vector<std::string> names;
  std::vector<std::int32_t> of_site;  ///< of each of lora_sites(plan): index into `names`

  std::size_t count() const { return std::max<std::size_t>(names.size(), 1); }
  int of(int site) const { return of_site.empty() ? 0 : of_site.at(site); }
  bool operator==(const ScopePlaces&) const = default;
};

/// The names of a scope's places, none if there is but one: runs of layers are "1" (the first layers), "2", ...; maps
/// are named as PEFT does, in the plan's order, those that some adapter changes. `changed`: sites, indices into
/// lora_sites(plan). ConfigError for more runs than a stack has layers.
std::vector<std::string> place_names(const ModelPlan& plan, const Scope& scope, const std::set<int>& changed);

/// Which of the named places each site belongs to. Of L layers of a stack, layer l is in run l * N / L, rounded down;
/// what is in no layer (a head) goes with the last run. A map without a name in `names`, which no adapter changes,
/// goes with the first.
ScopePlaces scope_places(const ModelPlan& plan, const Scope& scope, std::vector<std::string> names);

}  // namespace lorasweep

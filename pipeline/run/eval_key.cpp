// SPDX-License-Identifier: Apache-2.0
// Digests what all evaluations share once, and the rest for each.
#include "pipeline/run/eval_key.h"

#include "data/core/digest.h"

#include <nlohmann/json.hpp>

namespace lorasweep {

using Json = nlohmann::ordered_json;

EvalKeys::EvalKeys(const Manifest& manifest) : manifest_(manifest) {
  Sha256 shared;
  const SearchConfig& search = manifest.config.search;
  // As JSON, as in the keys of existing journals.
  for (const Json& setting : {Json(name_of(search.composition)), Json(name_of(search.loss)), Json(search.l1)})
    shared.add(setting.dump());
  shared.add(manifest.base_sha256);
  shared.add(manifest.tokenizer_sha256);
  Json numerics = numerics_of(manifest);
  if (manifest.revision == 1) numerics.erase("revision");  // keys from before there was one lack it
  shared.add(numerics.dump());
  // Texts are digested without it.
  if (const std::string& completion = manifest.config.tasks.completion; !completion.empty()) shared.add(completion);
  shared_ = shared.hex();
}

std::string EvalKeys::key(std::size_t set_of_shots, std::span<const std::int32_t> adapters,
                          std::span<const double> weights, Subject of) const {
  Sha256 inputs;
  inputs.add(shared_);
  inputs.add(shots_of(manifest_, set_of_shots).sha256);
  if (of == Subject::random_adapters) inputs.add(name_of(of));
  for (const std::int32_t adapter : adapters) inputs.add(manifest_.adapters.at(adapter).sha256);
  if (weights.size() != adapters.size()) {  // numbers that are of places
    inputs.add(name_of(manifest_.config.search.scope));
    for (const std::string& place : manifest_.places) inputs.add(place);
  }
  Sha256 digest;
  digest.add(inputs.hex());
  for (const double weight : weights) digest.add(weight);
  return digest.hex();
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Digests the inputs of each search once, and the weights of each evaluation.
#include "pipeline/run/eval_key.h"

#include "data/core/digest.h"

#include <nlohmann/json.hpp>

namespace lorasweep {

using Json = nlohmann::ordered_json;

EvalKeys::EvalKeys(const Manifest& manifest) {
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
  const std::string prefix = shared.hex();
  for (const Manifest::Search& s : manifest.searches) {
    Sha256 digest;
    digest.add(prefix);
    digest.add(manifest.tasks[s.task].shots_sha256);
    for (const std::int32_t adapter : manifest.adapter_sets[s.adapter_set])
      digest.add(manifest.adapters[adapter].sha256);
    of_search_.push_back(digest.hex());
  }
}

std::string EvalKeys::key(std::size_t search, std::span<const double> weights) const {
  Sha256 digest;
  digest.add(of_search_.at(search));
  for (const double weight : weights) digest.add(weight);
  return digest.hex();
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// The text is a list of {"manifest": {...}, ...}, one of each run.
#include "pipeline/collect/recorded_manifest.h"

#include "data/core/error.h"
#include "data/core/json.h"

#include <nlohmann/json.hpp>

namespace lorasweep {

nlohmann::ordered_json recorded_manifest(const SweepResults& results, const std::string& remedy) {
  const auto text = results.provenance.find("manifests");
  if (text == results.provenance.end())
    throw InputError(recorded_manifests, "is missing, and with it what the adapters were composed for", remedy);
  try {
    return parse_json(text->second, recorded_manifests, {.bytes = std::size_t{1} << 30}).at(0).at("manifest");
  } catch (const nlohmann::json::exception& error) {
    throw InputError(recorded_manifests, std::string("does not begin with a manifest: ") + error.what(), remedy);
  }
}

}  // namespace lorasweep

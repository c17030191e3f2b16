// SPDX-License-Identifier: Apache-2.0
// Composed models as PEFT directories that load like any other adapter.
#pragma once

#include "data/results/sweep_results.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// What cutting an adapter's rank lost at one site.
struct SiteTruncation {
  std::filesystem::path adapter;  ///< its directory
  std::string module;             ///< "encoder.block.0.layer.0.SelfAttention.q"
  std::int64_t rank = 0;          ///< as composed
  double relative_error = 0;      ///< of B A, in the Frobenius norm
};

/// Writes one composed model, whole and without a card, into the directory `place`, which exists. StorageError on
/// writing.
void export_adapter(const SweepResults& results, const ComposedModel& composed, const std::filesystem::path& place);

/// Writes `<directory>/<task>/r<replicate>/{adapter_config.json, adapter_model.safetensors}` for every
/// composed model: loaded at weight 1 it gives the composed model. Beside them a model card and a recipe
/// (adapter_card.h). With `rank`, sites of higher rank are cut
/// to it, and the errors of all sites are returned. `results_sha256`, the file's content_sha256, goes into the recipes;
/// empty: not known. ConfigError for a rank below 1 and where somebody's own card would
/// be replaced, InputError for factors that do not fit or a configuration that scales them, StorageError on writing.
std::vector<SiteTruncation> export_adapters(const SweepResults& results, const std::filesystem::path& directory,
                                            std::optional<int> rank = std::nullopt, std::string results_sha256 = {});

}  // namespace lorasweep

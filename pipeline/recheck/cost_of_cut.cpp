// SPDX-License-Identifier: Apache-2.0
// Each whole adapter is written to a directory of its own meanwhile: it is read as users read theirs. One at a time: an
// `exact` one may take hundreds of megabytes.
#include "pipeline/recheck/cost_of_cut.h"

#include "data/core/error.h"
#include "pipeline/collect/export_adapter.h"
#include "pipeline/collect/recorded_manifest.h"
#include "pipeline/recheck/shots_again.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <system_error>

namespace lorasweep {
namespace {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "lorasweep-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw StorageError(name, std::string("cannot be made: ") + std::strerror(errno),
                         "set TMPDIR to a directory with room");
    path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

double recorded_loss(const SweepResults& results, const ComposedModel& model) {
  const Summary& s = results.summary;
  const std::size_t search =
      static_cast<std::size_t>(model.task_index) * s.seed.size() + static_cast<std::size_t>(model.replicate);
  const Evaluations& e = results.evaluations;
  for (std::size_t row = 0; row < e.step.size(); ++row)
    if (e.task_index[row] == model.task_index && e.replicate[row] == model.replicate &&
        e.step[row] == s.best_step[search])
      return e.loss[row];
  return std::numeric_limits<double>::quiet_NaN();
}

bool computed_in_bf16(const SweepResults& results) {
  const auto manifest = recorded_manifest(results, "make the results again with `lorasweep collect`");
  return manifest.contains("numerics") && manifest["numerics"].value("dtype", "") == "bf16";
}

void require_recorded(const SweepResults& results, const CostOfCut& cost) {
  const double tolerance = computed_in_bf16(results) ? 0.05 : 1e-3;
  if (std::isnan(cost.recorded) || std::abs(cost.whole - cost.recorded) <= tolerance * std::abs(cost.recorded) + 1e-6)
    return;
  throw InputError(
      fmt::format("{}, seed {}", results.summary.task.at(static_cast<std::size_t>(cost.task)),
                  results.summary.seed.at(static_cast<std::size_t>(cost.replicate))),
      fmt::format("has the loss {:.6g} on its shots now, and had {:.6g} in the search", cost.whole, cost.recorded),
      "the base model or its tokenizer was changed since: put back those of the run");
}

}  // namespace

std::vector<CostOfCut> costs_of_cut(const SweepResults& results, const std::filesystem::path& directory) {
  if (results.composed.empty()) return {};
  const ShotsAgain again(results);
  const ScratchDirectory whole;
  std::vector<CostOfCut> costs;
  for (const ComposedModel& model : results.composed) {
    const auto place = std::filesystem::path(results.summary.task.at(static_cast<std::size_t>(model.task_index))) /
                       fmt::format("r{}", model.replicate);
    export_adapter(results, model, whole.path());
    const std::vector<double> losses =
        again.losses(model.task_index, model.replicate, {whole.path(), directory / place});
    costs.push_back({model.task_index, model.replicate, recorded_loss(results, model), losses[0], losses[1]});
    require_recorded(results, costs.back());
  }
  return costs;
}

}  // namespace lorasweep

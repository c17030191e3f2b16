// SPDX-License-Identifier: Apache-2.0
// An engine for each search: its catalogue is the search's shots, its library the adapters to compare.
#include "pipeline/recheck/shots_again.h"

#include "data/adapters/adapter.h"
#include "data/core/error.h"
#include "data/tokenizer/make_tokenizer.h"
#include "pipeline/collect/library_in_memory.h"
#include "pipeline/collect/recorded_manifest.h"
#include "workers/device/make_ops.h"
#include "workers/engine/language_engine.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <thread>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* remedy = "make the results again with `lorasweep collect`";

// Results do not depend on their number.
int all_threads() { return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1); }

Reduction reduction_of(const Json& manifest) {
  const std::string name = manifest.at("settings").at("search").value("loss", name_of(Reduction::lorahub));
  for (const Reduction reduction : {Reduction::lorahub, Reduction::token_mean, Reduction::example_mean})
    if (name == name_of(reduction)) return reduction;
  throw InputError(recorded_manifests, "has the loss '" + name + "', which this program does not know",
                   "use the version of lorasweep that wrote it");
}

std::shared_ptr<const std::byte> packed(const Checkpoint& base) {
  const auto packing = make_packing({});
  const ModelImage layout(base.plan(), *packing);
  const std::shared_ptr<std::byte> image = make_ops({})->allocate(layout.bytes());
  layout.write(image.get(), *packing, [&](const std::string& name) { return base.read(name); });
  return image;
}

}  // namespace

ShotsAgain::ShotsAgain(const SweepResults& results) : results_(results) {
  const Json manifest = recorded_manifest(results, remedy);
  try {
    reduction_ = reduction_of(manifest);
    const std::filesystem::path place = manifest.at("base").at("path").get<std::string>();
    base_ = std::make_unique<Checkpoint>(place);
    tokenizer_ = make_tokenizer(base_->plan().config, place);
  } catch (const Json::exception& error) {
    throw InputError(recorded_manifests, std::string("does not say what was computed with: ") + error.what(), remedy);
  }
  model_image_ = packed(*base_);
}

std::vector<Example> ShotsAgain::shots(std::int32_t task, std::int32_t replicate) const {
  const Examples& e = results_.examples;
  std::map<std::int32_t, Example> found;
  for (std::size_t row = 0; row < e.role.size(); ++row) {
    const bool is_its = e.replicate[row] == -1 || e.replicate[row] == replicate;
    if (e.task_index[row] != task || static_cast<ExampleRole>(e.role[row]) != ExampleRole::shot || !is_its) continue;
    Tokenizer::Pair pair = tokenizer_->encode_pair(e.input[row], e.target[row]);
    found[e.example_index[row]] = {std::move(pair.source), std::move(pair.target)};
    if (e.input[row].empty() && e.target[row].empty()) found.erase(e.example_index[row]);
  }
  if (std::cmp_not_equal(found.size(), results_.summary.n_shots.at(task)))
    throw InputError("/examples",
                     fmt::format("does not hold the texts of the shots of {}", results_.summary.task[task]),
                     "make results that hold them: lorasweep collect RUN --texts all");
  std::vector<Example> shots;
  for (auto& [index, example] : found) shots.push_back(std::move(example));
  return shots;
}

std::vector<double> ShotsAgain::losses(std::int32_t task, std::int32_t replicate,
                                       const std::vector<std::filesystem::path>& directories) const {
  Catalogue catalogue{.examples = shots(task, replicate), .example_sets = {{}}};
  catalogue.example_sets[0].resize(catalogue.examples.size());
  std::iota(catalogue.example_sets[0].begin(), catalogue.example_sets[0].end(), 0);
  std::vector<std::int32_t> target_tokens;
  for (const Example& example : catalogue.examples)
    target_tokens.push_back(static_cast<std::int32_t>(example.target.size()));

  std::vector<Adapter> adapters;
  for (const auto& directory : directories) adapters.emplace_back(directory, base_->plan());
  const LibraryInMemory library = library_of(base_->plan(), adapters);
  const auto plan = std::make_shared<const EnginePlan>(
      EngineSettings{.model = base_->plan().config,
                     .adapters = library.adapters,
                     .composition = Composition::exact,
                     .most_adapters = 1,
                     .catalogue = std::make_shared<const Catalogue>(std::move(catalogue))},
      *make_packing({}));
  LanguageEngine engine(make_ops({.threads = all_threads()}), plan, {.model = model_image_, .library = library.image},
                        {});
  std::vector<double> losses;
  for (std::int32_t adapter = 0; adapter < static_cast<std::int32_t>(directories.size()); ++adapter) {
    const auto done = engine.start(EvaluateWork{{{{adapter}, 0, {1.0}}}})->finish();
    losses.push_back(few_shot_loss(reduction_, std::get<EvaluateResult>(done).nll.at(0), target_tokens));
  }
  return losses;
}

}  // namespace lorasweep

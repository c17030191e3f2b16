// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/prediction.h"

#include "data/core/counted.h"
#include "data/core/error.h"
#include "pipeline/cli/results_size.h"
#include "pipeline/collect/library_in_memory.h"
#include "pipeline/config/budget.h"
#include "pipeline/submit/memory_need.h"

#include <CLI/Validators.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <filesystem>

namespace lorasweep {
namespace {

// Answers of a worker's unit on CPU cores (fitting_capacity).
constexpr std::size_t answers_together = 32;
// More wall time for a second's work than this: somebody else computes, too.
constexpr double crowded = 1.3;
constexpr double most_probe_seconds = 3600;

std::uint64_t bytes_of_base(const SweepInputs& inputs) {
  std::uint64_t bytes = 0;
  for (const auto& file : inputs.base->files()) bytes += std::filesystem::file_size(file);
  return bytes;
}

std::uint64_t bytes_of_adapters(const SweepInputs& inputs, const ModelPlan& model) {
  const std::vector<LoraSite> sites = lora_sites(model);
  std::uint64_t floats = 0;
  for (const Adapter& adapter : inputs.library)
    for (const AdapterSite& site : adapter.sites())
      floats += static_cast<std::uint64_t>(site.rank) * (sites.at(site.site).in + sites.at(site.site).out);
  return floats * sizeof(float);
}

Forecast time_of(const RunConfig& config, const SweepInputs& inputs, const Plan& plan, const Prediction& so_far) {
  const int tokens = config.predict.max_new_tokens;
  const SweepEffort effort(
      inputs.base->plan(), config.search.composition, shapes_of(inputs.library, plan.twins), plan,
      so_far.probed ? expected_lengths(so_far.probed->lengths, plan, tokens) : length_of_targets(plan, tokens));
  return forecast(config, plan, effort, search_budget(config, inputs.library.size()), answers_together,
                  {.base = bytes_of_base(inputs),
                   .adapters = bytes_of_adapters(inputs, inputs.base->plan()),
                   .results = so_far.results},
                  so_far.rates, so_far.probed ? so_far.probed->start : StartRates{});
}

std::string span_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto s = static_cast<std::uint64_t>(std::lround(seconds));
  if (s < 120) return fmt::format("{} s", s);
  if (s < 7200) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

std::string size_text(double bytes) {
  return bytes < 1e9 ? fmt::format("{:.3g} MB", bytes / 1e6) : fmt::format("{:.3g} GB", bytes / 1e9);
}

std::string origin_text(const Prediction& prediction) {
  if (!prediction.probed)
    return fmt::format("             at the given rate {}; answers as long as the targets\n",
                       written(prediction.rates));
  const Probed& probed = *prediction.probed;
  std::string text = fmt::format("             by a probe of {} on this machine: {}, {}; --rate {}\n",
                                 span_text(probed.seconds), counted(probed.evaluations, "evaluation"),
                                 counted(probed.answers, "answer"), written(prediction.rates));
  if (10 * probed.cut > probed.answers)
    text += fmt::format(
        "             {} of these answers were cut off: how long they become is not known; try --probe=60\n",
        probed.cut);
  if (probed.crowding > crowded)
    text += fmt::format("             others compute here, too: this is CPU time, and passed {:.1f} times as slowly\n",
                        probed.crowding);
  return text;
}

std::string time_text(const Prediction& prediction) {
  if (!prediction.time)
    return "time         not known: --probe measures some seconds of it here, --rate takes what a probe said\n";
  const Forecast& time = *prediction.time;
  const int workers = prediction.workforce.workers;
  return fmt::format(
             "time         about {} with {}: start {}, end {}, and of one worker's time {} for evaluations, {} "
             "for answers\n",
             span_text(time.with(workers)), counted(workers, "worker"), span_text(time.start), span_text(time.end),
             span_text(time.evaluations), span_text(time.answers)) +
         origin_text(prediction) +
         fmt::format("workers      up to {} shorten it; the longest search takes {} by itself\n", time.useful_workers(),
                     span_text(time.longest));
}

double seconds_of(const std::string& text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(seconds > 0) || seconds > most_probe_seconds)
    throw ConfigError("--probe",
                      fmt::format("\"{}\" is no number of seconds between 0 and {}", text, most_probe_seconds),
                      "--probe alone takes 5 of them");
  return seconds;
}

}  // namespace

void PredictionOptions::add_to(CLI::App& command, CLI::Option* dry_run) {
  CLI::Option* measured = command.add_flag(
      "--probe{5}", probe, "Measure this machine for so many seconds (5), to say how long the sweep takes");
  CLI::Option* given =
      command.add_option("--rate", rate, "Say how long it takes on a machine of this rate, as a probe there said it");
  given->excludes(measured);
  if (dry_run == nullptr) return;
  measured->needs(dry_run);
  given->needs(dry_run);
}

Prediction predict(const RunConfig& config, const SweepInputs& inputs, const Plan& plan,
                   const PredictionOptions& options, const Workforce& workforce) {
  Prediction prediction{.workforce = workforce};
  if (!options.rate.empty()) prediction.rates = read_rates(options.rate, "--rate");
  prediction.memory = memory_need(config, inputs, plan).of_node(workforce.of_node);
  prediction.journal = journal_bytes(config, plan, search_budget(config, inputs.library.size()));
  const ResultsSize results = results_size(config, inputs, plan);
  prediction.results = results.tables + results.composed;
  if (!options.probe.empty()) {
    prediction.probed = probe(config, inputs, plan, seconds_of(options.probe));
    prediction.rates = prediction.probed->rates;
  }
  if (prediction.probed || !options.rate.empty()) prediction.time = time_of(config, inputs, plan, prediction);
  return prediction;
}

std::string as_text(const Prediction& prediction) {
  return time_text(prediction) +
         fmt::format("memory       at most {} a node with {}\n", size_text(static_cast<double>(prediction.memory)),
                     counted(prediction.workforce.of_node, "worker")) +
         fmt::format("disk         about {}: journal {}, results {}\n",
                     size_text(static_cast<double>(prediction.journal + prediction.results)),
                     size_text(static_cast<double>(prediction.journal)),
                     size_text(static_cast<double>(prediction.results)));
}

}  // namespace lorasweep

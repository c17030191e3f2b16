// SPDX-License-Identifier: Apache-2.0
// Reads the inputs, plans the sweep, and starts or continues its journal.
#include "pipeline/run/sweep.h"

#include "data/core/directory.h"
#include "data/core/error.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"
#include "pipeline/plan/part.h"
#include "pipeline/run/descriptors.h"
#include "pipeline/run/host_name.h"
#include "pipeline/run/losses.h"
#include "pipeline/run/make_manifest.h"
#include "pipeline/run/run_folder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

namespace lorasweep {
namespace {

SweepInputs checked_inputs(const RunConfig& config) {
  std::vector<std::string> problems;
  SweepInputs inputs = read_inputs(config, problems);
  if (problems.empty()) return inputs;
  require_descriptors();  // where those are used up, the files are not the problem
  std::string all = fmt::format("{} of the sweep's inputs cannot be used", problems.size());
  for (const std::string& problem : problems) all += "\n  " + problem;
  throw InputError("inputs", all, "");
}

std::vector<std::string> names_of(const std::vector<Adapter>& library) {
  std::vector<std::string> names;
  for (const Adapter& adapter : library) names.push_back(adapter.name());
  return names;
}

}  // namespace

Sweep::Sweep(const RunOptions& options, const ChooseDevice& choose)
    : loaded_(options.load()),
      argv_(options.argv),
      device_(choose(loaded_.config.model.device, loaded_.config.model.dtype)),
      inputs_(checked_inputs(loaded_.config)),
      plan_(part_of(make_plan(loaded_.config, inputs_.suite, names_of(inputs_.library), *inputs_.tokenizer),
                    loaded_.config.search.budget, loaded_.config.run.part)),
      manifest_(make_manifest(loaded_.config, inputs_, plan_, device_)) {
  require_descriptors();
  for (const std::string& warning : loaded_.warnings) spdlog::warn("{}", warning);
  for (const std::string& loss : losses(plan_, manifest_.adapters, config())) spdlog::warn("{}", loss);
  open_journal(options.resume);
}

void Sweep::begin(JournalWriter journal) {
  journal_ = std::move(journal);
  take_over(directory(), run_uuid(), false);
  const Record first = ManifestRecord{to_json(manifest_)};
  journal_->append({&first, 1});
  experiment_ = std::make_unique<Experiment>(plan_, manifest_, *inputs_.tokenizer, *journal_);
}

void Sweep::open_journal(ResumeMode resume) {
  const std::filesystem::path path = journal_path(directory());
  const bool exists = std::filesystem::exists(path);
  if (!exists && resume == ResumeMode::require)
    throw ConfigError("--resume require", "there is no run in " + directory().string(),
                      "leave --resume out to start one");
  if (exists && resume == ResumeMode::never)
    throw ConfigError("--resume never", directory().string() + " holds a run already",
                      "choose another --out, or continue that run with --resume auto");

  if (!exists) {
    make_directories(directory());
    require_room_for_results(directory());
    return begin(JournalWriter::create(path));
  }
  require_room_for_results(directory());
  const JournalContent content = read_journal(path);
  // Killed before the manifest was durable: nothing was promised. Or somebody is just starting here: then the lock says
  // so, as long as the file stays.
  if (content.records.empty()) return begin(JournalWriter::continue_after(path, content));
  const Manifest recorded = manifest_of(content, path.string());
  if (const auto changed = differences(recorded, manifest_); !changed.empty()) {
    std::string all = "this run was started from other inputs";
    for (const std::string& change : changed) all += "\n  " + change;
    throw InputError(directory().string(), all, "undo the change, or start a new run with another --out");
  }
  if (content.torn_bytes > 0)
    spdlog::warn("{}: cut {} bytes of an unfinished record", path.string(), content.torn_bytes);
  journal_ = JournalWriter::continue_after(path, content);
  manifest_.run_uuid = recorded.run_uuid;
  complete_ = count(content.records).complete;
  take_over(directory(), run_uuid(), complete_);
  experiment_ = std::make_unique<Experiment>(plan_, manifest_, *inputs_.tokenizer, *journal_);
  experiment_->replay(content.records, path.string());
  recorded_ = evaluations_to_repeat(content.records, plan_);
  const ProgressState state = experiment_->progress();
  spdlog::info("continuing {}: {} of {} evaluations and {} of {} answers are there", directory().string(),
               state.evaluations_done, state.evaluations_total, state.predictions_done, state.predictions_total);
}

void Sweep::begin_session(int workers) {
  experiment_->expect_workers(workers);
  nlohmann::ordered_json session = {{"version", manifest_.version}, {"started_utc", utc_now()},
                                    {"host", host_name()},          {"pid", getpid()},
                                    {"workers", workers},           {"threads", std::max(config().run.threads, 1)},
                                    {"device", device_.signature},  {"argv", argv_},
                                    {"config_toml", loaded_.text},  {"config", resolved(config())},
                                    {"origins", loaded_.origins}};
  const Record record = SessionRecord{session.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
  journal_->append({&record, 1});
}

void Sweep::complete() {
  if (complete_) return;
  const Record record = CompleteRecord{};
  journal_->append({&record, 1});
  complete_ = true;
}

}  // namespace lorasweep

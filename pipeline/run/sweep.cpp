// SPDX-License-Identifier: Apache-2.0
// Reads the inputs, plans the sweep, and starts or continues its journal.
#include "pipeline/run/sweep.h"

#include "data/core/counted.h"
#include "data/core/directory.h"
#include "data/core/error.h"
#include "pipeline/config/budget.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/manifest/numerics.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"
#include "pipeline/plan/part.h"
#include "pipeline/plan/plan_of_inputs.h"
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

// The adapters that the run, if there is one already, left out of its library.
std::vector<UnusableAdapter> skipped_before(const RunConfig& config) {
  std::vector<UnusableAdapter> skipped;
  const std::filesystem::path path = journal_path(config.run.out);
  if (config.adapters.on_unusable != OnUnusable::skip || !std::filesystem::exists(path)) return skipped;
  const JournalContent content = read_journal(path);
  if (content.records.empty()) return skipped;
  for (const auto& [name, reason] : manifest_of(content, path.string()).skipped_adapters)
    skipped.push_back({name, reason});
  return skipped;
}

SweepInputs checked_inputs(const RunConfig& config, const ReadFoundRows& read_found) {
  std::vector<std::string> problems;
  SweepInputs inputs = read_inputs(config, problems, LibraryValues::kept, skipped_before(config), read_found);
  if (problems.empty()) return inputs;
  require_descriptors();  // where those are used up, the files are not the problem
  std::string all = fmt::format("there {} {} with the sweep's inputs", problems.size() == 1 ? "is" : "are",
                                counted(problems.size(), "problem"));
  for (const std::string& problem : problems) all += "\n  " + problem;
  if (code_of(problems) == ExitCode::usage) throw ConfigError("inputs", all);
  throw InputError("inputs", all);
}

// Runs of before searches that a seed cannot change were computed once have all of them, and go on with that.
Plan plan_as_recorded(const RunConfig& config, const SweepInputs& inputs, bool screen_only) {
  if (screen_only) return screen_of(config, inputs);
  Plan plan = plan_of(config, inputs);
  const std::filesystem::path journal = journal_path(config.run.out);
  if (plan.replicates == named_replicates(config).size() || !std::filesystem::exists(journal)) return plan;
  const JournalContent content = read_journal(journal);
  if (content.records.empty()) return plan;
  const std::size_t recorded = replicates_of(manifest_of(content, journal.string())).size();
  return recorded == plan.replicates ? plan : plan_of(config, inputs, recorded);
}

// Values of an older arithmetic are not mixed with today's: a run that has some is finished by the program that began
// it. One that lacks nothing is used as it is.
void take_arithmetic(Manifest& now, const Manifest& recorded, bool complete, const std::string& journal) {
  const Composition composition = recorded.config.search.composition;
  if (recorded.revision >= numerics_revision(composition)) return;
  if (!complete)
    throw InputError(
        journal,
        fmt::format("this run is half-finished, and its values are of an older arithmetic: search.composition = {} "
                    "computes other bits since (numerics.revision was {} and is {})",
                    name_of(composition), recorded.revision, numerics_revision(composition)),
        fmt::format("finish it with lorasweep {}, which began it, or start a new run with another --out; `collect` has "
                    "what it recorded",
                    recorded.version));
  if (now.config.search.composition != composition) return;
  now.revision = recorded.revision;
  now.check = recorded.check;
}

}  // namespace

Sweep::Sweep(const RunOptions& options, const ChooseDevice& choose)
    : loaded_(options.load()),
      argv_(options.argv),
      device_(choose(loaded_.config.model.device, loaded_.config.model.dtype, loaded_.config.search.composition)),
      inputs_(checked_inputs(loaded_.config, options.read_found)),
      plan_(part_of(plan_as_recorded(loaded_.config, inputs_, options.screen_only),
                    static_cast<int>(search_budget(loaded_.config, inputs_.library.size())), loaded_.config.run.part)),
      manifest_(make_manifest(loaded_.config, inputs_, plan_, device_)) {
  require_descriptors();
  for (const std::string& warning : loaded_.warnings) spdlog::warn("{}", warning);
  for (const std::string& remark : idle_settings(config(), inputs_.suite)) spdlog::warn("{}", remark);
  for (const std::string& remark : skipped_adapters(inputs_.skipped)) spdlog::warn("{}", remark);
  for (const std::string& loss : losses(plan_, manifest_.adapters, config())) spdlog::warn("{}", loss);
  open_journal(options.resume);
  live_.emplace(directory(), [this] { return is_owner(); });
}

bool Sweep::is_owner() const {
  try {
    check_owned();
    return true;
  } catch (const StorageError&) {
    return false;
  }
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
  take_arithmetic(manifest_, recorded, count(content.records).complete, path.string());
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
  recorded_ = evaluations_to_repeat(content.records, plan_, experiment_->rows());
  const ProgressState state = experiment_->progress();
  spdlog::info("continuing {}: {} of {} evaluations and {} of {} answers are there", directory().string(),
               state.evaluations_done, state.evaluations_total, state.predictions_done, state.predictions_total);
}

void Sweep::begin_session(int workers) {
  experiment_->expect_workers(workers);
  experiment_->measure_early();
  nlohmann::ordered_json session = {{"version", manifest_.version}, {"started_utc", utc_now()},
                                    {"host", host_name()},          {"pid", getpid()},
                                    {"workers", workers},           {"threads", std::max(config().run.threads, 1)},
                                    {"device", device_.signature},  {"argv", argv_},
                                    {"config_toml", loaded_.text},  {"config", resolved(config())},
                                    {"origins", loaded_.origins}};
  const Record record = SessionRecord{session.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
  journal_->append({&record, 1});
  live_->enter(LivePhase::computing);
}

void Sweep::complete() {
  if (complete_) return;
  const Record record = CompleteRecord{};
  journal_->append({&record, 1});
  complete_ = true;
}

}  // namespace lorasweep

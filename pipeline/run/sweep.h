// SPDX-License-Identifier: Apache-2.0
// A sweep made ready on rank 0: inputs read and checked, searches planned, the journal open, earlier results loaded.
#pragma once

#include "data/journal/journal.h"
#include "pipeline/config/loaded_config.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"
#include "pipeline/run/device_choice.h"
#include "pipeline/run/experiment.h"
#include "pipeline/run/live_file.h"
#include "pipeline/run/repetition.h"
#include "pipeline/run/run_options.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

class Sweep {
 public:
  /// Asks the workers what they have, once the configuration is known.
  using ChooseDevice = std::function<ChosenDevice(DeviceRequest request, Element activation, Composition composition)>;

  /// ConfigError or InputError for everything that is wrong with the inputs, all of it at once; InputError if the run
  /// directory holds a run with different inputs, naming what changed.
  Sweep(const RunOptions& options, const ChooseDevice& choose);

  const RunConfig& config() const { return loaded_.config; }
  const SweepInputs& inputs() const { return inputs_; }
  SweepInputs& inputs() { return inputs_; }  ///< for a caller that uses up the weights
  const Plan& plan() const { return plan_; }
  const ChosenDevice& device() const { return device_; }
  Experiment& experiment() { return *experiment_; }
  /// What a continued run holds workers to before they do anything else; empty for a new one.
  const std::vector<RecordedEvaluation>& recorded() const { return recorded_; }
  std::filesystem::path directory() const { return loaded_.config.run.out; }

  /// Records in the journal that a process with `workers` workers started or continued the sweep.
  void begin_session(int workers);
  /// Marks the sweep as complete, if it is not yet.
  void complete();
  /// The number that the journal carries.
  const std::string& run_uuid() const { return manifest_.run_uuid; }
  /// StorageError if the run's directory or its journal is not this process's any more.
  void check_owned() const { journal_->check_owned(); }
  /// What other shells are told of this process.
  LiveFile& live() { return *live_; }

 private:
  void open_journal(ResumeMode resume);
  void begin(JournalWriter journal);
  bool is_owner() const;

  LoadedConfig loaded_;
  std::vector<std::string> argv_;
  ChosenDevice device_;
  SweepInputs inputs_;
  Plan plan_;
  Manifest manifest_;
  std::optional<JournalWriter> journal_;
  std::optional<LiveFile> live_;  ///< gone before the journal is given up
  std::unique_ptr<Experiment> experiment_;
  std::vector<RecordedEvaluation> recorded_;
  bool complete_ = false;
};

}  // namespace lorasweep

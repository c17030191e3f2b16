// SPDX-License-Identifier: Apache-2.0
// Everything a sweep reads: base model, tokenizer, adapter library, tasks.
#pragma once

#include "data/adapters/adapter.h"
#include "data/core/error.h"
#include "data/core/file_mark.h"
#include "data/model/checkpoint.h"
#include "data/tasks/task.h"
#include "data/tokenizer/tokenizer.h"
#include "pipeline/config/config.h"
#include "pipeline/plan/adapter_names.h"
#include "pipeline/weights/found_rows.h"
#include "pipeline/weights/given_weights.h"
#include "pipeline/weights/weight_table.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

struct SweepInputs {
  std::unique_ptr<Checkpoint> base;
  std::unique_ptr<Tokenizer> tokenizer;
  std::vector<std::pair<std::filesystem::path, FileMark>> base_files;  ///< of both, as they were when they were opened
  std::vector<Adapter> library;                                        ///< what may be drawn, in draw order
  std::vector<UnusableAdapter> skipped;  ///< of the library, left out as adapters.on_unusable asks for, in draw order
  std::vector<AdapterContent> contents;  ///< what the library's values say, in its order; none if they were not read
  std::uintmax_t unread = 0;             ///< bytes of the library's files whose values were not read
  ScopePlaces places;                    ///< of the library, by search.scope
  TaskSuite suite;
  std::optional<GivenWeights> given;    ///< for the given method
  std::vector<PassedOver> passed_over;  ///< what lies beside adapters and tasks and is neither
};

enum class LibraryValues {
  kept,        ///< in memory, for the library's image; with the first problem nobody needs them, and they are not read
  checked,     ///< read, one adapter after the other, and unloaded
  affordable,  ///< checked, if the files of all hold at most affordable_values; else tables
  tables,      ///< not read, and no file stays open: names, shapes, ranks and settings are held to the base model
};

/// Bytes of a library's files whose values are read in a few seconds.
inline constexpr std::uintmax_t affordable_values = std::uintmax_t{1} << 30;

/// Opens and checks all inputs: tables and texts, and the adapters' values, each file of an adapter once. The base
/// model's values are read later. What is wrong is added to `problems`, a sentence each with file, place and remedy;
/// one broken file hides none of the others. The inputs are complete only if there are none. `skipped_before`: what a
/// run that is continued left out of its library, and stays out of it. `read_found`: a results file that search.weights
/// names, which may be anybody's.
SweepInputs read_inputs(const RunConfig& config, std::vector<std::string>& problems,
                        LibraryValues library = LibraryValues::kept,
                        std::span<const UnusableAdapter> skipped_before = {},
                        const ReadFoundRows& read_found = found_rows);

/// What a process ends with that has these problems: usage, if each of them begins with the name of a setting, whose
/// value is then wrong and no file; else bad_input.
ExitCode code_of(const std::vector<std::string>& problems);

/// A tensor of the base model, for an engine that keeps weights as `element`. InputError naming file and tensor for
/// values that are not finite, or would not be there.
Tensor base_values(const SweepInputs& inputs, const std::string& name, Element element);
/// The base model's files are read in parts and at several times. InputError naming one that was replaced or written to
/// since it was opened.
void require_unchanged_base(const SweepInputs& inputs);
/// Reads every value of the base model, too: damage that its table does not show.
void check_base_values(const SweepInputs& inputs, Element element, std::vector<std::string>& problems);

/// A sentence for every setting that changes nothing about these tasks: tasks.pool, where all are LoraHub folders.
std::vector<std::string> idle_settings(const RunConfig& config, const TaskSuite& suite);

/// A sentence for every group of tasks with the same test examples, which count twice in averages.
std::vector<std::string> equal_tasks(const TaskSuite& suite);

}  // namespace lorasweep

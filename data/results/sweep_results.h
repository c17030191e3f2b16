// SPDX-License-Identifier: Apache-2.0
// Everything that goes into results.h5, as plain columns. Names in the file, units and flags:
// results_schema.h, docs/formats/results.md.
#pragma once

#include "data/tensor/tensor.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// Codes of `Summary::status`.
enum class SearchStatus : std::int8_t {
  ok = 0,       ///< searched and predicted
  failed = 1,   ///< given up; the reason is in the provenance
  partial = 2,  ///< some of its evaluations or predictions are there
  missing = 3,  ///< nothing of it is there
};

/// Codes of `Evaluations::status`.
enum class EvaluationStatus : std::int8_t { ok = 0, not_finite = 1 };

/// Codes of `Predictions::input_cut`.
enum class InputCut : std::int8_t {
  no = 0,
  yes = 1,      ///< the model did not get the end of what it was asked
  unknown = 2,  ///< lorasweep 0.1.0 did not record it
};

/// Codes of `Examples::role`.
enum class ExampleRole : std::int8_t {
  test = 0,      ///< scored
  shot = 1,      ///< learned from
  few_shot = 2,  ///< what the base model is asked with the shots in front
};

/// Codes of `Summary::guard`.
enum class GuardCode : std::int8_t { mixture = 0, base = 1, best_single = 2, none = 3 };

/// Codes of `Statistics::test`.
enum class TestOfChance : std::int8_t {
  none = 0,
  sign_flip = 1,          ///< exact
  sign_flip_sampled = 2,  ///< from random patterns of signs
  signed_rank = 3,
};

/// The cube task x replicate. A vector marked [a, b] is row-major and holds a*b values; what is not known is
/// NaN, or -1 in vectors of integers.
struct Summary {
  std::vector<std::string> task;   ///< [task] unique names, no '/'
  std::vector<std::int64_t> seed;  ///< [replicate] the seed of each replicate
  std::int32_t adapter_slots = 0;  ///< adapters drawn per search: extent of adapter_slot
  std::int32_t steps = 0;          ///< the longest search: extent of step
  /// [place] that have weights of their own, of every adapter; none: an adapter has one weight, and there is no such
  /// dimension
  std::vector<std::string> place;
  std::size_t places() const { return std::max<std::size_t>(place.size(), 1); }

  std::vector<std::int32_t> n_examples;                               ///< [task] size of the test set
  std::vector<std::int32_t> n_shots;                                  ///< [task]
  std::vector<double> accuracy_zero_shot, accuracy_zero_shot_lmeval;  ///< [task] percent; the base model
  std::vector<double> accuracy_few_shot,
      accuracy_few_shot_lmeval;                   ///< [task] percent; the base model with shots in its input
  std::vector<double> accuracy, accuracy_lmeval;  ///< [task, replicate] percent
  std::vector<double> best_objective;             ///< [task, replicate]
  std::vector<std::int32_t> best_step;            ///< [task, replicate]
  std::vector<std::int8_t> status;                ///< [task, replicate] SearchStatus
  std::vector<double> best_weights;               ///< [task, replicate, adapter_slot, place]
  std::vector<std::int32_t> adapter_index;        ///< [task, replicate, adapter_slot] into Adapters
  std::vector<double> objective_trace;            ///< [task, replicate, step]

  std::vector<std::int32_t> n_finished;  ///< [task] its searches that are ok: what a mean over replicates is over
  /// [task] inputs that are longer than the model's longest sequence and were cut; answers of shots likewise
  std::vector<std::int32_t> n_cut_shots, n_cut_shot_targets, n_cut_test, n_cut_few_shot;

  std::vector<std::string> task_sha256;  ///< [task] of all its texts, prompts applied
  std::vector<std::string> canary;       ///< [task] what its file asks to keep with its texts; empty: nothing
  /// [task, replicate] percent; a search's adapters each at one over their number
  std::vector<double> accuracy_uniform, accuracy_uniform_lmeval;
  /// [task, replicate] percent; the adapter that alone had the lowest loss on the shots
  std::vector<double> accuracy_best_single, accuracy_best_single_lmeval;
  /// [task, replicate] percent; the same search over adapters of random numbers
  std::vector<double> accuracy_random_adapters, accuracy_random_adapters_lmeval;
  std::vector<std::int64_t> shot_seed;    ///< [replicate] by which its shots were drawn; -1: not known
  std::vector<double> loss_uniform;       ///< [task, replicate] loss of its adapters, each at one over their number
  std::vector<std::int32_t> best_single;  ///< [task, replicate] into Adapters; -1: not known
  std::vector<std::int8_t> guard;         ///< [task, replicate] GuardCode: who answers
  /// [task, replicate] losses on shots that were left out, by which the guard judges
  std::vector<double> left_out_mixture, left_out_base, left_out_best_single;
  std::vector<double> loss_without;    ///< [task, replicate, adapter_slot] of `best_weights` without the adapter
  std::vector<std::int32_t> by_shots;  ///< [task] the replicate with the lowest `best_objective`; -1: none
  std::vector<std::int32_t> n_below_zero_shot;  ///< [task] searches below `accuracy_zero_shot`; -1: not known
  std::vector<double> most_below_zero_shot;     ///< [task] the deepest of these, percentage points; NaN: none
};

/// One row per evaluation of an objective, in any order (the file is sorted by task, replicate, step).
struct Evaluations {
  std::int32_t shots = 0;  ///< of the task that has most: extent of shot
  std::vector<std::int32_t> task_index, replicate, step;
  std::vector<double> loss, l1, objective;  ///< objective = loss + l1, the regularizer's share
  std::vector<std::int8_t> status;          ///< EvaluationStatus
  std::vector<std::int32_t> attempt;
  std::vector<double> t_finished_utc;  ///< seconds since 1970
  std::vector<double> duration_s;
  std::vector<std::int32_t> worker_rank;
  std::vector<std::string> eval_key;  ///< 64 hex digits
  std::vector<double> weights;        ///< [row, Summary::adapter_slots, Summary::place]
  std::vector<double> nll;            ///< [row, shots] summed negative log-likelihood of each shot
};

/// One row per answer, in any order (the file is sorted by of, task, replicate, example).
struct Predictions {
  std::vector<std::int8_t> of;  ///< Subject
  std::vector<std::int32_t> task_index;
  std::vector<std::int32_t> replicate;  ///< -1 for baselines
  std::vector<std::int32_t> example_index;
  std::vector<std::string> target, prediction;
  std::vector<std::int8_t> correct_lorahub, correct_lmeval;  ///< 0 or 1
  std::vector<std::int8_t> input_cut;                        ///< InputCut
  std::vector<std::int64_t> first_token;                     ///< place in `tokens`; -1: not known
  std::vector<std::int32_t> n_tokens;                        ///< from there on; -1: not known
  std::vector<std::int32_t> tokens;                          ///< ids of all answers
};

/// Adapters of the library alone, at weight 1, on the shots of a task. NaN: not tried, or without a loss.
struct ScreenedAdapters {
  std::int32_t shots = 0;               ///< of the task that has most: extent of shot
  std::vector<std::int64_t> shot_seed;  ///< [draw] of the shots, at least one
  std::vector<double> loss;             ///< [task, draw, adapter]
  std::vector<double> nll;              ///< [task, draw, adapter, shot] summed negative log-likelihood
};

/// What the model was given: one row per example, in any order (the file is sorted by task, role, replicate, example).
struct Examples {
  std::vector<std::int32_t> task_index;
  std::vector<std::int8_t> role;        ///< ExampleRole
  std::vector<std::int32_t> replicate;  ///< whose it is; -1: of all
  /// Place among those of the role. -1 of few_shot: the text in front of the input of every test example; otherwise the
  /// row has a whole input.
  std::vector<std::int32_t> example_index;
  std::vector<std::int32_t> file_index;    ///< place in the task's file, from 0; -1: not known
  std::vector<std::string> input, target;  ///< empty: not known, or not wanted
};

/// What chance alone could have done (docs/statistics.md): a row is an accuracy, or how much one is better than
/// another.
struct Statistics {
  std::vector<std::int32_t> task_index;                         ///< -1: the mean over tasks
  std::vector<std::int8_t> of;                                  ///< Subject
  std::vector<std::int8_t> against;                             ///< 1 + the Subject that is subtracted; 0: none
  std::vector<double> estimate;                                 ///< percent, or percentage points
  std::vector<double> low, high;                                ///< 95 % interval
  std::vector<double> p, p_adjusted;                            ///< two-sided; adjusted by Holm; NaN: no test
  std::vector<std::int8_t> test;                                ///< TestOfChance
  std::vector<std::int32_t> n_tasks, n_replicates, n_examples;  ///< that the estimate is over; -1: they differ
};

/// One row per adapter of the library that the sweep drew from, in library order.
struct Adapters {
  std::vector<std::string> name, source, sha256, format;
  std::vector<std::int32_t> rank;
  std::vector<double> alpha;
  std::vector<std::string> base_model, target_modules;  ///< target modules joined by ','
  std::vector<std::int32_t> n_sites;                    ///< linear maps that it changes
  std::vector<std::int32_t> n_idle_sites;               ///< those of them where it adds nothing
};

/// The adapter that one search arrived at. Its tensors (tens of MB) are not held here but asked for one by one.
struct ComposedModel {
  std::int32_t task_index = 0;
  std::int32_t replicate = 0;
  std::string adapter_config;         ///< JSON of adapter_config.json; loaded at weight 1 it gives the composed model
  std::vector<double> weights;        ///< of each drawn adapter one a place
  std::vector<std::string> adapters;  ///< their names, in drawn order
  std::vector<TensorInfo> tensors;    ///< PEFT keys ("base_model.model.<module>.lora_A.weight") and shapes; dtype f32
  std::function<Tensor(const std::string& key)> read;
};

/// `n_finished` of a summary whose `status` is known.
std::vector<std::int32_t> finished_searches(const Summary& summary);

struct SweepResults {
  std::string title;
  std::string created_utc;  ///< ISO 8601, "2025-01-31T12:00:00Z"
  std::string run_uuid;
  bool complete = false;     ///< every unit of the sweep is done or has failed for good
  std::int64_t n_units = 0;  ///< searches and baselines
  std::int64_t n_failed = 0;

  Summary summary;
  Evaluations evaluations;
  Predictions predictions;
  Adapters adapters;
  std::optional<ScreenedAdapters> screen;  ///< nothing: no adapter was tried alone
  Examples examples;
  Statistics statistics;
  std::vector<ComposedModel> composed;            ///< of the searches that were wanted, in any order
  std::map<std::string, std::string> provenance;  ///< name to text: config_toml, argv, versions, hosts, ...
};

}  // namespace lorasweep

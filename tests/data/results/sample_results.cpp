// SPDX-License-Identifier: Apache-2.0
// The values of the sample follow from their indices, so that a test can know them without a table.
#include "tests/data/results/sample_results.h"

#include <algorithm>
#include <limits>
#include <string>

namespace lorasweep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Summary summary() {
  Summary s{.task = {"counting_ünits", "word order"}, .seed = {42, 7}, .adapter_slots = 3, .steps = 4};
  s.n_examples = {2, 3};
  s.n_shots = {5, 5};
  s.accuracy_zero_shot = {50, 0};
  s.accuracy_zero_shot_lmeval = {50, 100.0 / 3};
  s.accuracy_few_shot = {100, nan};
  s.accuracy_few_shot_lmeval = {100, nan};
  s.accuracy = {10, 11, 20, nan};
  s.accuracy_lmeval = {10.5, 11.5, 20.5, nan};
  s.best_objective = {0.25, 0.5, 0.75, nan};
  s.best_step = {0, 1, 2, -1};
  s.status = {0, 0, 2, 3};
  for (int i = 0; i < 12; ++i) {
    s.best_weights.push_back(i < 9 ? 0.125 * i : nan);
    s.adapter_index.push_back(i < 9 ? i % 3 : -1);
  }
  for (int i = 0; i < 16; ++i) s.objective_trace.push_back(i < 12 ? 1.0 / (1 + i) : nan);
  s.n_finished = {2, 0};
  s.n_cut_shots = {1, 0};
  s.n_cut_shot_targets = {0, 0};
  s.n_cut_test = {2, 0};
  s.n_cut_few_shot = {-1, 3};
  s.task_sha256 = {std::string(64, '1'), std::string(64, '2')};
  s.canary = {"keep this with the texts", ""};
  s.accuracy_uniform = s.accuracy_uniform_lmeval = {nan, nan, nan, nan};
  s.accuracy_best_single = {30, 31, nan, nan};
  s.accuracy_best_single_lmeval = {30.5, 31.5, nan, nan};
  s.accuracy_random_adapters = s.accuracy_random_adapters_lmeval = {nan, nan, nan, nan};
  s.by_shots = {0, 0};
  s.n_below_zero_shot = {2, -1};
  s.most_below_zero_shot = {40, nan};
  s.shot_seed = {42, 42};
  s.loss_uniform = {0.5, 0.25, nan, nan};
  s.best_single = {1, 1, -1, -1};
  s.guard = {0, 2, 3, 3};
  s.left_out_mixture = {0.125, 2, nan, nan};
  s.left_out_base = {1, 1, nan, nan};
  s.left_out_best_single = {nan, 0.5, nan, nan};
  for (int i = 0; i < 12; ++i) s.loss_without.push_back(i < 3 ? 1.0 + i : nan);
  return s;
}

Evaluations evaluations() {
  Evaluations e;
  e.shots = 2;
  for (int i = 11; i >= 0; --i) {
    e.task_index.push_back(i / 8);
    e.replicate.push_back(i / 4 % 2);
    e.step.push_back(i % 4);
    const double loss = i == 5 ? std::numeric_limits<double>::infinity() : 1.0 / (1 + i);
    e.loss.push_back(loss);
    e.l1.push_back(0.01 * i);
    e.objective.push_back(loss + 0.01 * i);
    e.status.push_back(i == 5 ? 1 : 0);
    e.attempt.push_back(0);
    e.t_finished_utc.push_back(1.7e9 + i);
    e.duration_s.push_back(0.5);
    e.worker_rank.push_back(1);
    e.eval_key.push_back(std::string(63, '0') + "0123456789ab"[i]);
    for (int slot = 0; slot < 3; ++slot) e.weights.push_back(slot == 2 ? nan : i + 0.25 * slot);
    for (int shot = 0; shot < 2; ++shot) e.nll.push_back(i == 5 ? nan : i + 0.5 * shot);
  }
  return e;
}

Predictions predictions() {
  Predictions p;
  const auto add = [&](int of, int task, int replicate, int example, const char* target, const char* text) {
    p.of.push_back(static_cast<std::int8_t>(of));
    p.task_index.push_back(task);
    p.replicate.push_back(replicate);
    p.example_index.push_back(example);
    p.target.emplace_back(target);
    p.prediction.emplace_back(text);
    p.correct_lorahub.push_back(std::string(target) == text);
    p.correct_lmeval.push_back(1);
    p.input_cut.push_back(static_cast<std::int8_t>(of));
    const int tokens = example == 1 ? -1 : of + 1;  // of one answer nothing is known
    p.first_token.push_back(tokens < 0 ? -1 : static_cast<std::int64_t>(p.tokens.size()));
    p.n_tokens.push_back(tokens);
    for (int i = 0; i < tokens; ++i) p.tokens.push_back(10 * of + i);
  };
  add(2, 0, -1, 0, "yes", "");
  add(1, 0, -1, 1, "(A)", "(A)");
  add(0, 1, 0, 0, "say \"no\", then", "line\nbreak");
  add(0, 0, 1, 0, "five", "f\xc3\xbcnf");
  return p;
}

Examples examples() {
  Examples x;
  const auto add = [&](int task, ExampleRole role, int place, int in_file, const char* input, const char* target) {
    x.task_index.push_back(task);
    x.role.push_back(static_cast<std::int8_t>(role));
    x.replicate.push_back(-1);
    x.example_index.push_back(place);
    x.file_index.push_back(in_file);
    x.input.emplace_back(input);
    x.target.emplace_back(target);
  };
  add(1, ExampleRole::test, 0, -1, "", "");
  add(0, ExampleRole::few_shot, -1, -1, "Q: one?\nA: two\n\n", "");
  add(0, ExampleRole::shot, 0, 4, "one?", "two");
  add(0, ExampleRole::test, 0, 0, "f\xc3\xbcnf?", "five");
  return x;
}

Statistics statistics() {
  return {.task_index = {0, 0, -1},
          .of = {0, 0, 0},
          .against = {0, 2, 0},
          .estimate = {10.5, -39.5, 10.5},
          .low = {10, -50, 10},
          .high = {11, -20, 11},
          .p = {nan, 0.125, nan},
          .p_adjusted = {nan, 0.25, nan},
          .test = {0, 1, 0},
          .n_tasks = {1, 1, 1},
          .n_replicates = {2, 2, 2},
          .n_examples = {2, 2, 2}};
}

ScreenedAdapters screen() {
  return {.shots = 2,
          .shot_seed = {42},
          .loss = {0.5, 0.25, nan, 1, 2, 3},
          .nll = {1, 2, 3, 4, nan, nan, 5, 6, 7, 8, 9, 10}};
}

Adapters adapters() {
  return {.name = {"alpha", "beta", "gamma"},
          .source = {"lib/alpha", "lib/beta", "lib/gamma"},
          .sha256 = {std::string(64, 'a'), std::string(64, 'b'), std::string(64, 'c')},
          .format = {"safetensors", "bin", "safetensors"},
          .rank = {8, 8, 4},
          .alpha = {16, 8, 4},
          .base_model = {"tiny", "tiny", "tiny"},
          .target_modules = {"q,v", "q,v", "q"},
          .n_sites = {14, 14, 7},
          .n_idle_sites = {0, 14, -1}};
}

// W + B A for one linear map 4 -> 6, of rank 2.
ComposedModel composed(int task, int replicate) {
  const std::string module = "base_model.model.encoder.block.0.layer.0.SelfAttention.q";
  const auto read = [=](const std::string& key) {
    const bool is_a = key.ends_with("lora_A.weight");
    Tensor tensor{is_a ? std::vector<std::int64_t>{2, 4} : std::vector<std::int64_t>{6, 2}, {}};
    for (int i = 0; i < (is_a ? 8 : 12); ++i)
      tensor.values.push_back(static_cast<float>(i * i - 5 * (task + 1) * i + replicate) / 8);
    return tensor;
  };
  return {.task_index = task,
          .replicate = replicate,
          .adapter_config =
              R"({"peft_type": "LORA", "r": 2, "lora_alpha": 2, "rank_pattern": {}, "target_modules": ["q"]})",
          .weights = {0.5, -1.25, 0.0},
          .adapters = {"alpha", "beta", "gamma"},
          .tensors = {{module + ".lora_B.weight", DType::f32, {6, 2}}, {module + ".lora_A.weight", DType::f32, {2, 4}}},
          .read = read};
}

}  // namespace

SweepResults sample_results() {
  return {.title = "a sample",
          .created_utc = "2025-01-31T12:00:00Z",
          .run_uuid = "00000000-0000-4000-8000-000000000000",
          .complete = false,
          .n_units = 8,
          .n_failed = 1,
          .summary = summary(),
          .evaluations = evaluations(),
          .predictions = predictions(),
          .adapters = adapters(),
          .screen = screen(),
          .examples = examples(),
          .statistics = statistics(),
          .composed = {composed(1, 0), composed(0, 1), composed(0, 0)},
          .provenance = {{"config_toml", "schema = 1\n"}, {"sessions", std::string(100'000, 's')}}};
}

}  // namespace lorasweep

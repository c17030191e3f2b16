// SPDX-License-Identifier: Apache-2.0
// The list of all tables and columns.
#include "data/results/results_schema.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace lorasweep {
namespace {

constexpr const char* task_index_name = "index into the tasks of /summary";
constexpr const char* replicate_name = "index into the replicates of /summary";
constexpr const char* no_yes = "no yes";
constexpr const char* subjects = "search zero_shot few_shot uniform best_single random_adapters";
constexpr const char* no_or_subjects = "none search zero_shot few_shot uniform best_single random_adapters";
constexpr const char* shot_nll = "negative log-likelihood of the shot's answer, summed over its tokens";
constexpr const char* lorahub_rule = ", LoraHub's rule";
constexpr const char* exact_match = ", exact match ignoring case and punctuation";
constexpr const char* uniform = "a search's adapters, each at one over their number";
constexpr const char* best_single = "the adapter that alone had the lowest loss on the shots";
constexpr const char* random_search = "what the same search found over adapters of random numbers";

// A count that schema 1.0 did not have.
Column note(const char* name, std::vector<std::int32_t>* values, const std::vector<std::string>& dimensions,
            const char* long_name) {
  return {name, values, dimensions, long_name, "", "", Gaps::possible, Since::schema_1_1};
}

// A percentage that schemas before 1.2 did not have.
Column accuracy(const char* name, std::vector<double>* values, const char* of_whom) {
  const bool lmeval = std::string_view(name).ends_with("_lmeval");
  return {name,
          values,
          {"task", "replicate"},
          std::string("accuracy of ") + of_whom + (lmeval ? exact_match : lorahub_rule),
          "percent",
          "",
          Gaps::possible,
          Since::schema_1_2};
}

// A loss that schemas before 1.2 did not have.
Column measure(const char* name, std::vector<double>* values, const std::vector<std::string>& dimensions,
               const char* long_name) {
  return {name, values, dimensions, long_name, "1", "", Gaps::possible, Since::schema_1_2};
}

std::uint64_t extent_of(std::int32_t count) { return std::max(count, 0); }

Dimension adapter_slot(const Summary& s) {
  return {.name = "adapter_slot",
          .extent = extent_of(s.adapter_slots),
          .long_name = "place of an adapter among those drawn"};
}

Table summary_table_of(Summary& s) {
  const std::vector<std::string> task{"task"}, cell{"task", "replicate"};
  Table table{
      .name = "summary",
      .dimensions = {{.name = "task", .extent = s.task.size(), .long_name = "name of the task", .labels = &s.task},
                     {.name = "replicate", .extent = s.seed.size(), .long_name = "number of the replicate"},
                     adapter_slot(s),
                     {.name = "step",
                      .extent = extent_of(s.steps),
                      .long_name = "number of the evaluation within its search"}},
      .columns =
          {{"seed", &s.seed, {"replicate"}, "seed of the replicate"},
           {"n_examples", &s.n_examples, task, "examples in the test set"},
           {"n_shots", &s.n_shots, task, "examples that the search learned from"},
           {"accuracy", &s.accuracy, cell, "accuracy of the composed model, LoraHub's rule", "percent", "",
            Gaps::possible},
           {"accuracy_lmeval", &s.accuracy_lmeval, cell,
            "accuracy of the composed model, exact match ignoring case and punctuation", "percent", "", Gaps::possible},
           {"accuracy_zero_shot", &s.accuracy_zero_shot, task, "accuracy of the base model, LoraHub's rule", "percent",
            "", Gaps::possible},
           {"accuracy_zero_shot_lmeval", &s.accuracy_zero_shot_lmeval, task,
            "accuracy of the base model, exact match ignoring case and punctuation", "percent", "", Gaps::possible},
           {"accuracy_few_shot", &s.accuracy_few_shot, task,
            "accuracy of the base model with the shots in its input, LoraHub's rule", "percent", "", Gaps::possible},
           {"accuracy_few_shot_lmeval", &s.accuracy_few_shot_lmeval, task,
            "accuracy of the base model with the shots in its input, exact match ignoring case and "
            "punctuation",
            "percent", "", Gaps::possible},
           {"best_objective", &s.best_objective, cell, "lowest objective seen", "1", "", Gaps::possible},
           {"best_step", &s.best_step, cell, "evaluation that had it", "", "", Gaps::possible},
           {"status", &s.status, cell, "state of the search", "", "ok failed partial missing"},
           {"best_weights", &s.best_weights, along_places({"task", "replicate", "adapter_slot"}, s.place),
            "weights at the lowest objective", "1", "", Gaps::possible},
           {"adapter_index",
            &s.adapter_index,
            {"task", "replicate", "adapter_slot"},
            "drawn adapter, an index into /adapters",
            "",
            "",
            Gaps::possible},
           {"objective_trace",
            &s.objective_trace,
            {"task", "replicate", "step"},
            "objective at each evaluation",
            "1",
            "",
            Gaps::possible},
           note("n_finished", &s.n_finished, task, "searches that are ok: what a mean over replicates is over"),
           note("n_cut_shots", &s.n_cut_shots, task, "shots whose input was longer than the model's longest sequence"),
           note("n_cut_shot_targets", &s.n_cut_shot_targets, task, "shots whose answer was longer than that"),
           note("n_cut_test", &s.n_cut_test, task, "examples of the test set whose input was longer than that"),
           note("n_cut_few_shot", &s.n_cut_few_shot, task,
                "examples of the test set that were longer than that with the shots in front"),
           {"task_sha256", &s.task_sha256, task, "digest of all its texts, prompts applied", "", "", Gaps::none,
            Since::schema_1_2},
           {"canary", &s.canary, task, "what its file asks to keep with its texts", "", "", Gaps::none,
            Since::schema_1_2},
           accuracy("accuracy_uniform", &s.accuracy_uniform, uniform),
           accuracy("accuracy_uniform_lmeval", &s.accuracy_uniform_lmeval, uniform),
           accuracy("accuracy_best_single", &s.accuracy_best_single, best_single),
           accuracy("accuracy_best_single_lmeval", &s.accuracy_best_single_lmeval, best_single),
           accuracy("accuracy_random_adapters", &s.accuracy_random_adapters, random_search),
           accuracy("accuracy_random_adapters_lmeval", &s.accuracy_random_adapters_lmeval, random_search),
           {"shot_seed",
            &s.shot_seed,
            {"replicate"},
            "seed by which the shots were drawn",
            "",
            "",
            Gaps::possible,
            Since::schema_1_2},
           measure("loss_uniform", &s.loss_uniform, cell, "loss of a search's adapters, each at one over their number"),
           {"best_single", &s.best_single, cell,
            "adapter that alone had the lowest loss on the shots, an index into /adapters", "", "", Gaps::possible,
            Since::schema_1_2},
           {"guard", &s.guard, cell, "who answers for the search", "", "mixture base best_single none", Gaps::none,
            Since::schema_1_2},
           measure("left_out_mixture", &s.left_out_mixture, cell, "loss of the search on shots that were left out"),
           measure("left_out_base", &s.left_out_base, cell, "the same of the base model"),
           measure("left_out_best_single", &s.left_out_best_single, cell, "the same of the best single adapter"),
           measure("loss_without", &s.loss_without, {"task", "replicate", "adapter_slot"},
                   "loss at the best weights without the adapter"),
           {"by_shots", &s.by_shots, task, "replicate with the lowest objective, the first of equals", "", "",
            Gaps::possible, Since::schema_1_2},
           {"n_below_zero_shot", &s.n_below_zero_shot, task, "searches that ended below the base model", "", "",
            Gaps::possible, Since::schema_1_2},
           {"most_below_zero_shot", &s.most_below_zero_shot, task, "how far the deepest of them ended below it",
            "percentage points", "", Gaps::possible, Since::schema_1_2}},
      .row_dimensions = 2};
  add_places(table.dimensions, s.place);
  return table;
}

Table evaluations_table(Evaluations& e, const Summary& s) {
  const std::vector<std::string> row{"row"};
  Table table{.name = "evaluations",
              .dimensions = {{.name = "row", .extent = e.loss.size(), .long_name = "number of the row"},
                             adapter_slot(s),
                             {.name = "shot",
                              .extent = extent_of(e.shots),
                              .long_name = "number of the example that is learned from",
                              .since = Since::schema_1_2}},
              .columns = {{"task_index", &e.task_index, row, task_index_name},
                          {"replicate", &e.replicate, row, replicate_name},
                          {"step", &e.step, row, "number of the evaluation within its search"},
                          {"loss", &e.loss, row, "loss of the composed model on the shots", "1", "", Gaps::possible},
                          {"l1", &e.l1, row, "the regularizer's share of the objective", "1", "", Gaps::possible},
                          {"objective", &e.objective, row, "loss + l1", "1", "", Gaps::possible},
                          {"status", &e.status, row, "state of the evaluation", "", "ok not_finite"},
                          {"attempt", &e.attempt, row, "times that the work had been handed out before"},
                          {"t_finished_utc", &e.t_finished_utc, row, "when it was finished",
                           "seconds since 1970-01-01 00:00:00", "", Gaps::possible},
                          {"duration_s", &e.duration_s, row, "time on the worker", "s", "", Gaps::possible},
                          {"worker_rank", &e.worker_rank, row, "worker that computed it", "", "", Gaps::possible},
                          {"eval_key", &e.eval_key, row, "digest of everything that the loss depends on"},
                          {"weights", &e.weights, along_places({"row", "adapter_slot"}, s.place),
                           "weights of the drawn adapters", "1", "", Gaps::possible},
                          {"nll", &e.nll, {"row", "shot"}, shot_nll, "nat", "", Gaps::possible, Since::schema_1_2}}};
  add_places(table.dimensions, s.place);
  return table;
}

Table predictions_table(Predictions& p) {
  const std::vector<std::string> row{"row"};
  return {
      .name = "predictions",
      .dimensions = {{.name = "row", .extent = p.of.size(), .long_name = "number of the row"}},
      .columns = {
          {"of", &p.of, row, "what answered", "", subjects},
          {"task_index", &p.task_index, row, task_index_name},
          {"replicate", &p.replicate, row, replicate_name, "", "", Gaps::possible},
          {"example_index", &p.example_index, row, "place in the task's test set"},
          {"target", &p.target, row, "answer that is right"},
          {"prediction", &p.prediction, row, "answer that was given"},
          {"correct_lorahub", &p.correct_lorahub, row, "right by LoraHub's rule", "", no_yes},
          {"correct_lmeval", &p.correct_lmeval, row, "right by exact match ignoring case and punctuation", "", no_yes},
          {"input_cut", &p.input_cut, row, "longer than the model's longest sequence, and cut", "", "no yes unknown",
           Gaps::none, Since::schema_1_1},
          {"first_token", &p.first_token, row, "place of its first token in /tokens", "", "", Gaps::possible,
           Since::schema_1_2},
          {"n_tokens", &p.n_tokens, row, "tokens of the answer", "", "", Gaps::possible, Since::schema_1_2}}};
}

// Apart from the answers: what lies in one group along one dimension makes one table for pandas.
Table tokens_table(Predictions& p) {
  return {.name = "tokens",
          .dimensions = {{.name = "token", .extent = p.tokens.size(), .long_name = "number of the token"}},
          .columns = {{"id", &p.tokens, {"token"}, "token of an answer, an id of the tokenizer"}},
          .since = Since::schema_1_2};
}

Table examples_table(Examples& e) {
  const std::vector<std::string> row{"row"};
  return {.name = "examples",
          .dimensions = {{.name = "row", .extent = e.role.size(), .long_name = "number of the row"}},
          .columns = {{"task_index", &e.task_index, row, task_index_name},
                      {"role", &e.role, row, "what the example is for", "", "test shot few_shot"},
                      {"replicate", &e.replicate, row, "replicate that it belongs to; -1: all", "", "", Gaps::possible},
                      {"example_index", &e.example_index, row,
                       "place among those of the role; -1: in front of every input of the test set", "", "",
                       Gaps::possible},
                      {"file_index", &e.file_index, row, "place in the task's file", "", "", Gaps::possible},
                      {"input", &e.input, row, "what the model is asked; empty: not known, or not wanted"},
                      {"target", &e.target, row, "answer that is right; empty: not known, or not wanted"}},
          .since = Since::schema_1_2};
}

Table statistics_table(Statistics& s) {
  const std::vector<std::string> row{"row"};
  const auto number = [&](const char* name, std::vector<double>* values, const char* long_name, const char* units) {
    return Column{name, values, row, long_name, units, "", Gaps::possible};
  };
  const auto count = [&](const char* name, std::vector<std::int32_t>* values, const char* long_name) {
    return Column{name, values, row, long_name, "", "", Gaps::possible};
  };
  return {.name = "statistics",
          .dimensions = {{.name = "row", .extent = s.of.size(), .long_name = "number of the row"}},
          .columns = {count("task_index", &s.task_index, "index into the tasks of /summary; -1: the mean over tasks"),
                      {"of", &s.of, row, "whose accuracy, LoraHub's rule", "", subjects},
                      {"against", &s.against, row, "whose accuracy is subtracted from it", "", no_or_subjects},
                      number("estimate", &s.estimate, "accuracy, or difference of two", "percent"),
                      number("low", &s.low, "where its 95 % interval begins", "percent"),
                      number("high", &s.high, "where its 95 % interval ends", "percent"),
                      number("p", &s.p, "two-sided p of no difference", "1"),
                      number("p_adjusted", &s.p_adjusted, "p adjusted by Holm for all tests of its kind", "1"),
                      {"test", &s.test, row, "test that p is of", "", "none sign_flip sign_flip_sampled signed_rank"},
                      count("n_tasks", &s.n_tasks, "tasks that it is over"),
                      count("n_replicates", &s.n_replicates, "replicates that it is over; -1: tasks differ"),
                      count("n_examples", &s.n_examples, "examples of the tasks together")},
          .since = Since::schema_1_2};
}

Table adapters_table(Adapters& a) {
  const std::vector<std::string> adapter{"adapter"};
  return {.name = "adapters",
          .dimensions = {{.name = "adapter", .extent = a.name.size(), .long_name = "number of the adapter"}},
          .columns = {{"name", &a.name, adapter, "name of the adapter"},
                      {"source", &a.source, adapter, "where it was read from"},
                      {"sha256", &a.sha256, adapter, "digest of its sites, scalings and values"},
                      {"format", &a.format, adapter, "format of its weight file"},
                      {"rank", &a.rank, adapter, "r of its configuration"},
                      {"alpha", &a.alpha, adapter, "lora_alpha of its configuration", "1"},
                      {"base_model", &a.base_model, adapter, "base model that it names"},
                      {"target_modules", &a.target_modules, adapter, "modules that it changes"},
                      note("n_sites", &a.n_sites, adapter, "linear maps that it changes"),
                      note("n_idle_sites", &a.n_idle_sites, adapter,
                           "those of them where it adds nothing: lora_A, lora_B or the scaling is zero")}};
}

// Where there is one draw of shots only, it is no dimension.
Table screen_table(ScreenedAdapters& s, const Summary& summary, const Adapters& adapters) {
  const bool has_draws = s.shot_seed.size() > 1;
  Table table{
      .name = "screen",
      .dimensions =
          {{.name = "task", .extent = summary.task.size(), .long_name = "name of the task", .labels = &summary.task},
           {.name = "adapter",
            .extent = adapters.name.size(),
            .long_name = "name of the adapter",
            .labels = &adapters.name},
           {.name = "shot", .extent = extent_of(s.shots), .long_name = "number of the example that is learned from"}},
      .columns = {},
      .since = Since::schema_1_2,
      .row_dimensions = has_draws ? 3u : 2u};
  std::vector<std::string> cell{"task", "adapter"};
  if (has_draws) {
    table.dimensions.insert(table.dimensions.begin() + 1,
                            {.name = "draw", .extent = s.shot_seed.size(), .long_name = "number of the draw of shots"});
    cell.insert(cell.begin() + 1, "draw");
    table.columns.push_back({"shot_seed", &s.shot_seed, {"draw"}, "seed by which the shots were drawn"});
  }
  table.columns.push_back(measure("loss", &s.loss, cell, "loss of the adapter alone, at weight 1, on the shots"));
  cell.emplace_back("shot");
  table.columns.push_back({"nll", &s.nll, cell, shot_nll, "nat", "", Gaps::possible});
  return table;
}

}  // namespace

std::vector<Table> result_tables(SweepResults& results) {
  std::vector<Table> tables{
      summary_table_of(results.summary),      evaluations_table(results.evaluations, results.summary),
      predictions_table(results.predictions), tokens_table(results.predictions),
      adapters_table(results.adapters),       examples_table(results.examples),
      statistics_table(results.statistics)};
  if (results.screen) tables.push_back(screen_table(*results.screen, results.summary, results.adapters));
  return tables;
}

}  // namespace lorasweep

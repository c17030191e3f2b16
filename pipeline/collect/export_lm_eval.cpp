// SPDX-License-Identifier: Apache-2.0
// One run of lm-eval for each way to answer. Keys as lm_eval/evaluator.py and lm_eval/loggers/evaluation_tracker.py
// (0.4.13) write them.
#include "pipeline/collect/export_lm_eval.h"

#include "data/core/digest.h"
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/journal/subject.h"
#include "pipeline/collect/output_place.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* lmeval_metric = "exact_match";
constexpr const char* lorahub_metric = "exact_match_lorahub";

std::string text_of(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// Rows of /predictions of one task, by example.
using Answers = std::map<std::int32_t, std::size_t>;
/// Who answered, and for which replicate; -1: for none.
using Way = std::pair<Subject, std::int32_t>;

std::string name_of(const Way& way) {
  const std::string name = lorasweep::name_of(way.first);
  return way.second < 0 ? name : fmt::format("{}-r{}", name, way.second);
}

// Sets with a gap are left out: a share of some answers would mislead.
std::map<Way, std::map<std::int32_t, Answers>> whole_answers(const SweepResults& results) {
  const Predictions& p = results.predictions;
  std::map<Way, std::map<std::int32_t, Answers>> all;
  for (std::size_t row = 0; row < p.of.size(); ++row)
    all[{static_cast<Subject>(p.of[row]), p.replicate[row]}][p.task_index[row]].emplace(p.example_index[row], row);
  for (auto& [way, tasks] : all)
    std::erase_if(tasks, [&](const auto& task) {
      return std::cmp_not_equal(task.second.size(), results.summary.n_examples[task.first]);
    });
  std::erase_if(all, [](const auto& way) { return way.second.empty(); });
  return all;
}

/// Questions of the test sets, as the model was asked.
class Questions {
 public:
  explicit Questions(const Examples& examples) : examples_(examples) {
    for (std::size_t row = 0; row < examples.role.size(); ++row)
      rows_[{examples.task_index[row], static_cast<ExampleRole>(examples.role[row]), examples.example_index[row]}] =
          row;
  }
  /// Whether the file has the texts of all that was asked: every row, and not as rows without texts.
  bool has(Subject of, std::int32_t task, const Answers& answers) const {
    const auto is_there = [&](const auto& answer) {
      return rows_.contains({task, ExampleRole::test, answer.first}) &&
             (of != Subject::few_shot || rows_.contains({task, ExampleRole::few_shot, -1}) ||
              rows_.contains({task, ExampleRole::few_shot, answer.first}));
    };
    return std::ranges::all_of(answers, is_there) &&
           std::ranges::any_of(answers, [&](const auto& answer) { return !input(task, answer.first).empty(); });
  }
  std::string input(std::int32_t task, std::int32_t example) const {
    return examples_.input[rows_.at({task, ExampleRole::test, example})];
  }
  std::string prompt(Subject of, std::int32_t task, std::int32_t example) const {
    if (of != Subject::few_shot) return input(task, example);
    if (const auto front = rows_.find({task, ExampleRole::few_shot, -1}); front != rows_.end())
      return examples_.input[front->second] + input(task, example);
    return examples_.input[rows_.at({task, ExampleRole::few_shot, example})];
  }

 private:
  const Examples& examples_;
  std::map<std::tuple<std::int32_t, ExampleRole, std::int32_t>, std::size_t> rows_;
};

Json sample(const SweepResults& results, const Questions& questions, Subject of, std::size_t row) {
  const Predictions& p = results.predictions;
  const std::int32_t task = p.task_index[row], example = p.example_index[row];
  const std::string prompt = questions.prompt(of, task, example);
  Json doc = {{"input", questions.input(task, example)}, {"target", p.target[row]}};
  if (const std::string& canary = results.summary.canary[task]; !canary.empty()) doc["canary"] = canary;
  return {{"doc_id", example},
          {"doc", doc},
          {"target", p.target[row]},
          {"arguments", {{"gen_args_0", {{"arg_0", prompt}, {"arg_1", {{"do_sample", false}}}}}}},
          {"resps", Json::array({Json::array({p.prediction[row]})})},
          {"filtered_resps", Json::array({p.prediction[row]})},
          {"filter", "none"},
          {"metrics", {lmeval_metric, lorahub_metric}},
          {"doc_hash", sha256_hex(text_of(doc, 2))},
          {"prompt_hash", sha256_hex(prompt)},
          {"target_hash", sha256_hex(p.target[row])},
          {lmeval_metric, static_cast<double>(p.correct_lmeval[row])},
          {lorahub_metric, static_cast<double>(p.correct_lorahub[row])}};
}

// The standard error of a mean, as lm-eval estimates it; it has none of one answer.
void add_metric(Json& of_task, const std::string& metric, const Answers& answers,
                const std::vector<std::int8_t>& correct) {
  const auto n = static_cast<double>(answers.size());
  double right = 0;
  for (const auto& [example, row] : answers) right += correct[row];
  const double mean = right / n;
  of_task[metric + ",none"] = mean;
  of_task[metric + "_stderr,none"] = n > 1 ? Json(std::sqrt(mean * (1 - mean) / (n - 1))) : Json("N/A");
}

Json configuration(const SweepResults& results, Subject of, std::int32_t task) {
  const Summary& s = results.summary;
  Json metrics = Json::array();
  for (const char* metric : {lmeval_metric, lorahub_metric})
    metrics.push_back({{"metric", metric}, {"aggregation", "mean"}, {"higher_is_better", true}});
  return {{"task", s.task[task]},
          {"output_type", "generate_until"},
          {"num_fewshot", of == Subject::few_shot ? s.n_shots[task] : 0},
          {"metric_list", std::move(metrics)},
          {"metadata", {{"task_sha256", s.task_sha256[task]}, {"shots_of_the_search", s.n_shots[task]}}}};
}

Json results_of(const SweepResults& results, const Way& way, const std::map<std::int32_t, Answers>& tasks) {
  const Summary& s = results.summary;
  Json all = {{"results", Json::object()},  {"group_subtasks", Json::object()}, {"configs", Json::object()},
              {"versions", Json::object()}, {"n-shot", Json::object()},         {"higher_is_better", Json::object()},
              {"n-samples", Json::object()}};
  for (const auto& [task, answers] : tasks) {
    const std::string& name = s.task[task];
    Json of_task = {{"alias", name}};
    add_metric(of_task, lmeval_metric, answers, results.predictions.correct_lmeval);
    add_metric(of_task, lorahub_metric, answers, results.predictions.correct_lorahub);
    all["results"][name] = std::move(of_task);
    all["group_subtasks"][name] = Json::array();
    all["configs"][name] = configuration(results, way.first, task);
    all["versions"][name] = s.task_sha256[task].substr(0, 12);  // what the texts were
    all["n-shot"][name] = all["configs"][name]["num_fewshot"];
    all["higher_is_better"][name] = {{lmeval_metric, true}, {lorahub_metric, true}};
    all["n-samples"][name] = {{"original", answers.size()}, {"effective", answers.size()}};
  }
  all["config"] = {{"model", "lorasweep"},
                   {"model_args", fmt::format("run_uuid={},of={}", results.run_uuid, name_of(way))},
                   {"limit", nullptr}};
  if (is_of_a_search(way.first) && way.second >= 0)
    all["config"]["seed"] = s.seed.at(static_cast<std::size_t>(way.second));
  all["git_hash"] = nullptr;
  all["model_source"] = "lorasweep";
  all["model_name"] = "lorasweep/" + name_of(way);
  all["model_name_sanitized"] = "lorasweep__" + name_of(way);
  return all;
}

std::string cumulative_hash(const std::vector<Json>& samples) {
  std::string all;
  for (const Json& one : samples)
    for (const char* hash : {"doc_hash", "prompt_hash", "target_hash"}) all += one[hash].get<std::string>();
  return sha256_hex(all);
}

/// Writes what one way answered; tasks without texts are added to `without_texts`.
void write_way(const SweepResults& results, const Questions& questions, const Way& way,
               const std::map<std::int32_t, Answers>& tasks, const std::filesystem::path& directory,
               std::set<std::int32_t>& without_texts) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw StorageError(directory.string(), "the directory cannot be made: " + error.message());
  std::string time = results.created_utc;
  std::ranges::replace(time, ':', '-');
  Json all = results_of(results, way, tasks);
  all["task_hashes"] = Json::object();
  for (const auto& [task, answers] : tasks) {
    if (!questions.has(way.first, task, answers)) {
      without_texts.insert(task);
      continue;
    }
    std::vector<Json> samples;
    std::string lines;
    for (const auto& [example, row] : answers) {
      samples.push_back(sample(results, questions, way.first, row));
      lines += text_of(samples.back()) + '\n';
    }
    const std::string& name = results.summary.task[task];
    all["task_hashes"][name] = cumulative_hash(samples);
    write_file_atomically(output_place(directory / fmt::format("samples_{}_{}.jsonl", name, time)), lines);
  }
  write_file_atomically(output_place(directory / fmt::format("results_{}.json", time)), text_of(all, 2) + "\n");
}

}  // namespace

std::size_t export_lm_eval(const SweepResults& results, const std::filesystem::path& directory) {
  const auto answers = whole_answers(results);
  if (answers.empty())
    throw InputError("/predictions", "has all answers of no task", "finish the run first, or collect more of it");
  const Questions questions(results.examples);
  std::set<std::int32_t> without_texts;
  for (const auto& [way, tasks] : answers)
    write_way(results, questions, way, tasks, directory / ("lorasweep__" + name_of(way)), without_texts);
  return without_texts.size();
}

}  // namespace lorasweep

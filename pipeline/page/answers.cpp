// SPDX-License-Identifier: Apache-2.0
// What was asked, what was expected, what the base model said, and what the found model said.
#include "pipeline/page/html.h"
#include "pipeline/page/questions.h"
#include "pipeline/page/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::size_t most_question = 600, most_answer = 200;  // characters

struct Given {
  std::string text;
  bool correct = false;
};

struct AnsweredExample {
  std::string target;
  std::optional<Given> base, found;  // found: of the seed that the shots choose
  std::size_t right = 0, seeds = 0;  // of the searches
};

using Answered = std::vector<std::vector<AnsweredExample>>;  // [task][example]

Answered answered(const PageFile& file) {
  const SweepResults& results = file.results;
  Answered all(results.summary.task.size());
  for (std::size_t t = 0; t < all.size(); ++t) all[t].resize(results.summary.n_examples[t]);
  const Predictions& p = results.predictions;
  const auto& correct = file.outcome.scoring == Scoring::lorahub ? p.correct_lorahub : p.correct_lmeval;
  for (std::size_t row = 0; row < p.of.size(); ++row) {
    AnsweredExample& example = all[p.task_index[row]].at(p.example_index[row]);
    example.target = p.target[row];
    const auto of = static_cast<Subject>(p.of[row]);
    if (of == Subject::zero_shot) example.base = {p.prediction[row], correct[row] != 0};
    if (of != Subject::search) continue;
    ++example.seeds;
    example.right += correct[row] != 0;
    if (file.outcome.tasks[p.task_index[row]].by_shots == static_cast<std::size_t>(p.replicate[row]))
      example.found = {p.prediction[row], correct[row] != 0};
  }
  return all;
}

// "gained", "lost", "right", "wrong"; of what lacks an answer "none".
std::string change_of(const AnsweredExample& example) {
  if (!example.base || !example.found) return "none";
  if (example.base->correct == example.found->correct) return example.found->correct ? "right" : "wrong";
  return example.found->correct ? "gained" : "lost";
}

bool is_shown(const std::string& change, ShownAnswers shown) {
  return shown == ShownAnswers::all || change == "gained" || change == "lost";
}

const char* words_of(const std::string& change) {
  if (change == "gained") return "became right";
  if (change == "lost") return "became wrong";
  if (change == "right") return "stayed right";
  return change == "wrong" ? "stayed wrong" : "not both asked";
}

HtmlTable::Cell answer_cell(const std::optional<Given>& answer) {
  if (!answer) return {"–", "", "none"};
  const std::string sign = answer->correct ? "✓ " : "✗ ";
  return {sign + cut_html(answer->text, most_answer), "", answer->correct ? "good" : "worse"};
}

struct Counts {
  std::size_t gained = 0, lost = 0, right = 0, wrong = 0, shown = 0;
  void add(const std::string& change) {
    gained += change == "gained";
    lost += change == "lost";
    right += change == "right";
    wrong += change == "wrong";
  }
};

std::string task_html(const PageFile& file, std::size_t t, const std::vector<AnsweredExample>& examples,
                      const Questions& questions, ShownAnswers shown, Counts& counts) {
  const std::string& name = file.results.summary.task[t];
  std::vector<HtmlTable::Head> heads = {{"example"}};
  if (questions.any()) heads.push_back({"question", HtmlTable::Kind::text});
  for (const char* head : {"target", "base model", "found model"}) heads.push_back({head, HtmlTable::Kind::text});
  heads.push_back({"seeds right", HtmlTable::Kind::number, "searches whose model was right"});
  heads.push_back({"change", HtmlTable::Kind::text});
  HtmlTable table("Answers to " + name, heads);
  Counts of_task;
  for (std::size_t e = 0; e < examples.size(); ++e) {
    const AnsweredExample& example = examples[e];
    const std::string change = change_of(example);
    of_task.add(change);
    if (!is_shown(change, shown) || (!example.base && !example.found)) continue;
    std::vector<HtmlTable::Cell> row{{std::to_string(e)}};
    if (questions.any()) row.push_back({cut_html(questions.of(t, e), most_question), "", "question"});
    row.push_back({cut_html(example.target, most_answer)});
    row.push_back(answer_cell(example.base));
    row.push_back(answer_cell(example.found));
    row.push_back({fmt::format("{} of {}", example.right, example.seeds), std::to_string(example.right)});
    row.push_back({words_of(change)});
    table.add(std::move(row), " data-c=\"" + change + "\"");
  }
  counts.gained += of_task.gained;
  counts.lost += of_task.lost;
  counts.right += of_task.right;
  counts.wrong += of_task.wrong;
  counts.shown += table.rows();
  if (table.rows() == 0) return "";
  return fmt::format(
      "<details class=\"task-answers\"><summary>{}: {} became right, {} became wrong, {} stayed right, {} stayed "
      "wrong</summary>\n{}{}</details>\n",
      name_html(name), of_task.gained, of_task.lost, of_task.right, of_task.wrong, questions.canary_html(t),
      table.html("answers"));
}

std::string filter_html(const PageFile& file) {
  return fmt::format(
      "<p class=\"filter\"><label for=\"{0}filter\">Show answers that</label> <select id=\"{0}filter\" "
      "data-filter=\"{0}answered\">"
      "<option value=\"\">are below</option><option value=\"gained\">became right</option><option "
      "value=\"lost\">became "
      "wrong</option><option value=\"right\">stayed right</option><option value=\"wrong\">stayed "
      "wrong</option></select> "
      "<button type=\"button\" data-open=\"{0}answered\">open all tasks</button> <span role=\"status\" "
      "id=\"{0}filtered\"></span></p>\n",
      file.prefix);
}

}  // namespace

PageSection answers(const PageFile& file, ShownAnswers shown) {
  const char* heading = "Answers";
  if (shown == ShownAnswers::none || file.results.predictions.of.empty()) return {"answers", heading, ""};
  const Questions questions(file.results);
  const Answered all = answered(file);
  Counts counts;
  std::string tasks;
  for (std::size_t t = 0; t < all.size(); ++t) tasks += task_html(file, t, all[t], questions, shown, counts);
  std::string html = fmt::format(
      "<p>The base model without shots against the model of the seed with the lowest objective on the shots: {} "
      "answers became "
      "right, {} became wrong, {} stayed right, {} stayed wrong.{}{}</p>\n",
      counts.gained, counts.lost, counts.right, counts.wrong,
      shown == ShownAnswers::changed ? " Those that changed are below; <code>--answers all</code> shows every one."
                                     : "",
      questions.any() ? "" : " This file does not hold the questions.");
  if (counts.shown == 0) return {"answers", heading, html};
  return {"answers", heading,
          html + filter_html(file) + fmt::format("<div id=\"{}answered\">\n{}</div>\n", file.prefix, tasks)};
}

}  // namespace lorasweep

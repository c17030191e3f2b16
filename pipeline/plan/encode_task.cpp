// SPDX-License-Identifier: Apache-2.0
// Goes through the lists of a task, example by example.
#include "pipeline/plan/encode_task.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

/// The lists of a task, and the files that a LoraHub folder has them in.
enum class List { shots, test, few_shot };

std::string place_of(const Task& task, List list, const TextExample& example) {
  if (task.form == TaskForm::bbh_json) return fmt::format("{}, examples[{}]", task.source.string(), example.place);
  const char* file = list == List::shots ? "example.jsonl" : list == List::test ? "zero_shot.jsonl" : "few_shot.jsonl";
  return fmt::format("{}, row {}", (task.source / file).string(), example.place + 1);
}

/// Examples of one list of a task, tokenised.
struct AddedExamples {
  std::vector<std::int32_t> indices;                   ///< into Catalogue::examples
  std::vector<std::int32_t> cut_sources, cut_targets;  ///< places in the list
  std::vector<std::size_t> target_lengths;             ///< without the end token
  std::size_t longest = 0;                             ///< source
  std::size_t over_border = 0;
};

class Encoder {
 public:
  Encoder(Catalogue& catalogue, const Task& task, const Encoding& encoding)
      : catalogue_(catalogue), task_(task), encoding_(encoding) {}

  AddedExamples add(List list, const std::vector<TextExample>& examples) {
    AddedExamples added;
    for (std::size_t i = 0; i < examples.size(); ++i) {
      Tokenizer::Pair pair = encoded(list, examples[i]);
      if (pair.source_length > pair.source.size()) added.cut_sources.push_back(static_cast<std::int32_t>(i));
      if (pair.target_length > pair.target.size()) added.cut_targets.push_back(static_cast<std::int32_t>(i));
      added.longest = std::max(added.longest, pair.source_length);
      added.over_border += pair.source_is_prefix ? 0 : 1;
      added.target_lengths.push_back(std::max<std::size_t>(pair.target_length, 1) - 1);
      added.indices.push_back(static_cast<std::int32_t>(catalogue_.examples.size()));
      catalogue_.examples.push_back({.source = std::move(pair.source), .target = std::move(pair.target)});
    }
    return added;
  }

 private:
  Tokenizer::Pair encoded(List list, const TextExample& example) const {
    Tokenizer::Pair pair;
    try {
      pair = encoding_.tokenizer.encode_pair(example.input, encoding_.completion.fill(example.target));
    } catch (const InputError& error) {
      throw InputError(place_of(task_, list, example),
                       fmt::format("task {}: its prompt {}", task_.name, error.problem()), error.remedy());
    }
    // A shot is what the loss is made of; an answer is asked for after the prompt by itself.
    if (list != List::shots && !pair.source_is_prefix) pair.source = encoding_.tokenizer.encode(example.input);
    if (encoding_.room) check_room(list, example, pair);
    return pair;
  }

  void check_room(List list, const TextExample& example, const Tokenizer::Pair& pair) const {
    const PromptRoom& room = *encoding_.room;
    const std::size_t prompt = pair.source.size(), whole = prompt + pair.target.size();
    const std::string remedy = list == List::few_shot
                                   ? "lower tasks.shots, or leave few-shot out of predict.baselines"
                                   : "shorten the example, take it out, or leave the task out of tasks.names";
    if (whole > room.example)
      throw InputError(
          place_of(task_, list, example),
          fmt::format("task {}: {} has {} tokens with its completion, and the model takes {}: it is not "
                      "cut, for what is asked stands at its end",
                      task_.name, list == List::few_shot ? "the few-shot prompt" : "the prompt", whole, room.example),
          remedy);
    if (!encoding_.answers || list == List::shots) return;
    const auto most = std::min<std::size_t>(encoding_.predict.max_new_tokens, room.example);
    if (prompt + most - 1 > room.with_answer)
      throw ConfigError(
          "predict.max_new_tokens",
          fmt::format("is {}: a prompt of {} tokens ({}) with such an answer passes the {} positions of the model",
                      most, prompt, place_of(task_, list, example), room.with_answer),
          fmt::format("lower it to {} at most", room.with_answer + 1 - prompt));
  }

  Catalogue& catalogue_;
  const Task& task_;
  const Encoding& encoding_;
};

std::vector<std::int32_t> longer_than(const std::vector<std::size_t>& lengths, int most) {
  std::vector<std::int32_t> places;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (lengths[i] > static_cast<std::size_t>(most)) places.push_back(static_cast<std::int32_t>(i));
  return places;
}

/// The shots of all draws as one list; each draw becomes an example set.
AddedExamples add_shots(Catalogue& catalogue, Encoder& encoder, const Task& task) {
  std::vector<TextExample> all = task.shots;
  for (const auto& shots : task.further_shots) all.insert(all.end(), shots.begin(), shots.end());
  AddedExamples added = encoder.add(List::shots, all);
  const std::size_t shots = task.shots.size();
  for (std::size_t at = 0; at < all.size(); at += shots)
    catalogue.example_sets.emplace_back(added.indices.begin() + at, added.indices.begin() + at + shots);
  return added;
}

}  // namespace

PlannedTask add_task(Catalogue& catalogue, const Task& task, const Encoding& encoding) {
  PlannedTask planned{.name = task.name, .example_set = static_cast<std::int32_t>(catalogue.example_sets.size())};
  Encoder encoder(catalogue, task, encoding);
  AddedExamples shots = add_shots(catalogue, encoder, task);
  AddedExamples test = encoder.add(List::test, task.test);
  planned.longest = std::max(shots.longest, test.longest);
  planned.over_border = shots.over_border + test.over_border;
  planned.test = std::move(test.indices);
  planned.cut = {.shots = std::move(shots.cut_sources),
                 .shot_targets = std::move(shots.cut_targets),
                 .test = std::move(test.cut_sources),
                 .few_shot = {}};
  planned.out_of_reach = longer_than(test.target_lengths, encoding.predict.max_new_tokens);
  if (encoding.predict.wants(Subject::few_shot)) {
    AddedExamples few_shot = encoder.add(List::few_shot, task.few_shot);
    planned.longest = std::max(planned.longest, few_shot.longest);
    planned.few_shot = std::move(few_shot.indices);
    planned.cut.few_shot = std::move(few_shot.cut_sources);
  }
  for (const TextExample& example : task.test) planned.targets.push_back(example.target);
  return planned;
}

}  // namespace lorasweep

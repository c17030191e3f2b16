// SPDX-License-Identifier: Apache-2.0
// Puts batches together, splits those that do not fit, and takes losses and answers apart again.
#include "workers/engine/language_engine.h"

#include "workers/engine/capacity.h"
#include "workers/families/make_language_model.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

class PendingEvaluation final : public Pending {
 public:
  /// `labels`: of each example of each member.
  PendingEvaluation(Ops& ops, std::vector<std::vector<Index>> labels) : ops_(ops), labels_(std::move(labels)) {
    Index rows = 0;
    for (const auto& of_member : labels_) rows = std::reduce(of_member.begin(), of_member.end(), rows);
    nll_.resize(rows);
  }
  ~PendingEvaluation() override {
    if (!done_) return;
    try {
      ops_.wait(*done_);  // finish() need not have been called, and the device still writes to nll_
    } catch (const std::exception&) {
      return;  // it writes no more
    }
  }
  PendingEvaluation(const PendingEvaluation&) = delete;
  PendingEvaluation& operator=(const PendingEvaluation&) = delete;

  void fetch(View nll) {
    if (!nll_.empty()) ops_.download(nll_.data(), nll);
    done_ = ops_.mark();
  }

  bool ready() override { return ops_.reached(done_.value()); }
  Outcome finish() override {
    ops_.wait(done_.value());
    EvaluateResult result;
    auto next = nll_.cbegin();
    for (const auto& of_member : labels_) {
      std::vector<double>& sums = result.nll.emplace_back();
      for (const Index count : of_member) {
        const auto last = next + count;
        sums.push_back(std::accumulate(next, last, 0.0));
        next = last;
      }
    }
    return result;
  }

 private:
  Ops& ops_;
  std::vector<std::vector<Index>> labels_;
  std::vector<double> nll_;
  std::optional<Mark> done_;
};

// An evaluation that was split.
class PendingParts final : public Pending {
 public:
  explicit PendingParts(std::vector<std::unique_ptr<Pending>> parts) : parts_(std::move(parts)) {}

  bool ready() override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->ready(); });
  }
  Outcome finish() override {
    EvaluateResult all;
    for (const auto& part : parts_)
      std::ranges::move(std::get<EvaluateResult>(part->finish()).nll, std::back_inserter(all.nll));
    return all;
  }

 private:
  std::vector<std::unique_ptr<Pending>> parts_;
};

class PendingPrediction final : public Pending {
 public:
  explicit PendingPrediction(PredictResult result) : result_(std::move(result)) {}
  bool ready() override { return true; }
  Outcome finish() override { return std::move(result_); }

 private:
  PredictResult result_;
};

// Ids index the embedding table on the device, where nothing checks them.
void check_examples(const Catalogue& catalogue, const ModelPlan& model) {
  const auto valid = [&](std::int32_t id) { return id >= 0 && id < model.vocabulary; };
  const Index longest = model.longest_sequence;
  for (std::size_t i = 0; i < catalogue.examples.size(); ++i) {
    const Example& example = catalogue.examples[i];
    if (!std::ranges::all_of(example.source, valid) || !std::ranges::all_of(example.target, valid))
      throw std::out_of_range("example " + std::to_string(i) + " has a token beyond the model's vocabulary of " +
                              std::to_string(model.vocabulary));
    if (example.source.empty() || std::ssize(example.source) > longest || std::ssize(example.target) > longest)
      throw std::out_of_range("example " + std::to_string(i) + " has no source, or more than " +
                              std::to_string(longest) + " tokens");
  }
}

std::shared_ptr<const std::byte> on_device(Ops& ops, ImagePlace place, const std::shared_ptr<const std::byte>& image,
                                           std::size_t bytes) {
  return place == ImagePlace::device ? image : ops.adopt(image, bytes);
}

}  // namespace

LanguageEngine::LanguageEngine(std::unique_ptr<Ops> ops, std::shared_ptr<const EnginePlan> plan, EngineImages images,
                               WorkerCapacity capacity)
    : ops_(std::move(ops)),
      plan_(std::move(plan)),
      capacity_(capacity),
      model_image_(on_device(*ops_, images.place, images.model, plan_->model_image().bytes())),
      library_image_(on_device(*ops_, images.place, images.library, plan_->library().bytes())),
      model_(make_language_model(*ops_, plan_->model(), plan_->model_image().bind(model_image_.get()),
                                 prompt_rows_at_once(plan_->batches().source_rows, capacity.members))),
      composer_(*ops_, plan_->library(), plan_->composition(), library_image_),
      decoder_(*ops_, *model_, plan_->stop_tokens(), &plan_->stop_texts()) {
  check_examples(plan_->catalogue(), plan_->model());
}

const ComposedFactors& LanguageEngine::compose(std::span<const std::int32_t> adapters,
                                               std::span<const double> weights) {
  const MemberWeights member{adapters, weights};
  return composer_.compose({&member, 1});
}

std::string LanguageEngine::recording_key(std::span<const Member> members) const {
  std::string key = "evaluate";
  for (const Member& member : members)
    key.append(" ")
        .append(std::to_string(member.example_set))
        .append(":")
        .append(composer_.layout_key(member.adapters));
  return key;
}

void LanguageEngine::release_memory() {
  ops_->wait_all();
  model_->release();
  composer_.release();
  decoder_.release();
  ops_->release();
}

std::unique_ptr<Pending> LanguageEngine::evaluate_together(std::span<const Member> members) {
  const Catalogue& catalogue = plan_->catalogue();
  std::vector<const Example*> examples;
  std::vector<MemberWeights> weights;
  std::vector<std::vector<Index>> labels;
  ComposedMembers composed;
  for (const Member& member : members) {
    const Index first = std::ssize(examples);
    std::vector<Index>& own_labels = labels.emplace_back();
    for (const std::int32_t index : catalogue.example_sets.at(member.example_set)) {
      examples.push_back(&catalogue.examples.at(index));
      own_labels.push_back(std::ssize(examples.back()->target));
    }
    composed.sequences.emplace_back(first, std::ssize(examples));
    weights.push_back({member.adapters, member.weights});
  }
  auto pending = std::make_unique<PendingEvaluation>(*ops_, std::move(labels));

  // All that allocates, travels or depends on the weights comes first. What remains a device may record, and replay for
  // the next candidates.
  composed.factors = &composer_.compose(weights);
  const LanguageModel::Losses losses = model_->losses(examples, composed);
  ops_->repeat(recording_key(members), losses.enqueue);
  pending->fetch(losses.nll);
  return pending;
}

std::unique_ptr<Pending> LanguageEngine::evaluate(const EvaluateWork& work) {
  const std::span<const Member> members = work.members;
  std::vector<std::unique_ptr<Pending>> parts;
  fitting_evaluations_.run(
      members.size(),
      [&](std::size_t first, std::size_t count) { parts.push_back(evaluate_together(members.subspan(first, count))); },
      [&] { release_memory(); });
  return parts.size() == 1 ? std::move(parts.front()) : std::make_unique<PendingParts>(std::move(parts));
}

std::unique_ptr<Pending> LanguageEngine::predict(const PredictWork& work) {
  std::vector<const TokenIds*> sources;  // of all members, one after the other
  std::vector<Index> first_of;           // the first source of each member, and the end
  for (const PredictMember& member : work.members) {
    first_of.push_back(std::ssize(sources));
    for (const std::int32_t index : member.examples) sources.push_back(&plan_->catalogue().examples.at(index).source);
  }
  first_of.push_back(std::ssize(sources));
  const std::int32_t most = std::min(work.max_new_tokens, plan_->model().longest_sequence);

  std::vector<TokenIds> answers;
  fitting_predictions_.run(
      sources.size(),
      [&](Index first, Index count) {
        std::vector<MemberWeights> weights;
        ComposedMembers members;
        for (std::size_t m = 0; m < work.members.size(); ++m) {
          const Index begin = std::clamp(first_of[m], first, first + count),
                      end = std::clamp(first_of[m + 1], first, first + count);
          if (begin == end || work.members[m].adapters.empty()) continue;
          weights.push_back({work.members[m].adapters, work.members[m].weights});
          members.sequences.emplace_back(begin - first, end - first);
        }
        if (!weights.empty()) members.factors = &composer_.compose(weights);
        std::ranges::move(decoder_.decode(std::span(sources).subspan(first, count), members, most),
                          std::back_inserter(answers));
      },
      [&] { release_memory(); });

  PredictResult result;
  const auto all = std::make_move_iterator(answers.begin());
  for (std::size_t m = 0; m < work.members.size(); ++m)
    result.tokens.emplace_back(all + first_of[m], all + first_of[m + 1]);
  return std::make_unique<PendingPrediction>(std::move(result));
}

std::unique_ptr<Pending> LanguageEngine::start(const Work& work) {
  if (const auto* evaluation = std::get_if<EvaluateWork>(&work)) return evaluate(*evaluation);
  return predict(std::get<PredictWork>(work));
}

}  // namespace lorasweep

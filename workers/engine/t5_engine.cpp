// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/t5_engine.h"

#include "workers/engine/capacity.h"
#include "workers/engine/packed_batch.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

class PendingEvaluation final : public Pending {
 public:
  PendingEvaluation(Ops& ops, PackedBatch batch) : ops_(ops), batch_(std::move(batch)), nll_(batch_.labels.size()) {}
  ~PendingEvaluation() override {
    if (!done_) return;
    try {
      ops_.wait(*done_);  // nobody may have called finish(), and the device still writes to nll_
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
  const PackedBatch& batch() const { return batch_; }

  bool ready() override { return ops_.reached(done_.value()); }
  Outcome finish() override {
    ops_.wait(done_.value());
    return sum_by_example(batch_, nll_);
  }

 private:
  Ops& ops_;
  PackedBatch batch_;
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
void check_examples(const Catalogue& catalogue, const T5Config& config) {
  const auto valid = [&](std::int32_t id) { return id >= 0 && id < config.vocabulary; };
  for (std::size_t i = 0; i < catalogue.examples.size(); ++i) {
    const Example& example = catalogue.examples[i];
    if (!std::ranges::all_of(example.source, valid) || !std::ranges::all_of(example.target, valid))
      throw std::out_of_range("example " + std::to_string(i) + " has a token beyond the model's vocabulary of " +
                              std::to_string(config.vocabulary));
    if (example.source.empty() || example.source.size() > longest_sequence || example.target.size() > longest_sequence)
      throw std::out_of_range("example " + std::to_string(i) + " has no source, or more than " +
                              std::to_string(longest_sequence) + " tokens");
  }
}

std::shared_ptr<const std::byte> on_device(Ops& ops, ImagePlace place, const std::shared_ptr<const std::byte>& image,
                                           std::size_t bytes) {
  return place == ImagePlace::device ? image : ops.adopt(image, bytes);
}

AdapterLibrary bound_library(const EngineInputs& inputs, std::shared_ptr<const std::byte> image) {
  AdapterLibrary library(SiteGroups(inputs.config), inputs.adapters);
  library.bind(std::move(image));
  return library;
}

}  // namespace

std::size_t library_image_bytes(const T5Config& config, const std::vector<AdapterShape>& adapters) {
  return AdapterLibrary(SiteGroups(config), adapters).bytes();
}

T5Engine::T5Engine(std::unique_ptr<Ops> ops, EngineInputs inputs, WorkerCapacity capacity)
    : ops_(std::move(ops)),
      inputs_(std::move(inputs)),
      capacity_(capacity),
      model_(on_device(*ops_, inputs_.images, inputs_.model_image, model_image_bytes(inputs_.config, *ops_))),
      library_image_(on_device(*ops_, inputs_.images, inputs_.library_image,
                               library_image_bytes(inputs_.config, inputs_.adapters))),
      library_(bound_library(inputs_, library_image_)),
      network_(*ops_, inputs_.config, bind_model_image(model_.get(), inputs_.config, *ops_), library_.groups()),
      composer_(*ops_, library_, inputs_.composition, inputs_.catalogue->adapter_sets),
      decoder_(*ops_, network_,
               encoder_rows_at_once(batch_shape(inputs_.config, ops_->activation(), inputs_.adapters,
                                                inputs_.composition, *inputs_.catalogue, longest_sequence)
                                        .source_rows,
                                    capacity.members)),
      workspace_(*ops_) {
  check_examples(*inputs_.catalogue, inputs_.config);
}

View T5Engine::upload_ids(Slot slot, std::span<const std::int32_t> ids) {
  const View out = matrix(slot, Element::i32, static_cast<std::int64_t>(ids.size()), 1);
  ops_->upload(out, ids.data());
  return out;
}

const ComposedFactors& T5Engine::compose(std::int32_t adapter_set, std::span<const double> weights) {
  const MemberWeights member{adapter_set, weights};
  return composer_.compose({&member, 1});
}

std::string T5Engine::recording_key(std::span<const Member> members) const {
  std::string key = "evaluate";
  for (const Member& member : members)
    key.append(" ")
        .append(std::to_string(member.example_set))
        .append(":")
        .append(std::to_string(composer_.layout(member.adapter_set)));
  return key;
}

void T5Engine::release_memory() {
  ops_->wait_all();
  workspace_.release();
  network_.release();
  composer_.release();
  decoder_.release();
  ops_->release();
}

std::unique_ptr<Pending> T5Engine::evaluate_together(std::span<const Member> members) {
  auto pending = std::make_unique<PendingEvaluation>(
      *ops_, pack_members(*inputs_.catalogue, members, inputs_.config.decoder_start_token));
  const PackedBatch& batch = pending->batch();
  std::vector<MemberWeights> weights;
  for (const Member& member : members) weights.push_back({member.adapter_set, member.weights});

  // All that allocates, travels or depends on the weights comes first. What remains a device may record, and replay for
  // the next candidates.
  const ComposedFactors& factors = composer_.compose(weights);
  const View source_ids = upload_ids(Slot::source_ids, batch.source_ids),
             decoder_ids = upload_ids(Slot::decoder_ids, batch.decoder_ids),
             labels = upload_ids(Slot::labels, batch.labels);
  const View states = matrix(Slot::states, ops_->activation(), batch.sources.rows(), inputs_.config.d_model);
  const View nll = matrix(Slot::nll, Element::f64, batch.targets.rows(), 1);
  network_.reserve({.encoder = batch.sources.rows(), .decoder = batch.targets.rows()});
  ops_->repeat(recording_key(members), [&] {
    network_.encode(states, source_ids, batch.sources, {&factors, batch.source_rows});
    const View decoded = network_.decode(decoder_ids, batch.targets, {states, &batch.sources, batch.source_of},
                                         {&factors, batch.target_rows});
    network_.target_nll(nll, decoded, labels);
  });
  pending->fetch(nll);
  return pending;
}

std::unique_ptr<Pending> T5Engine::evaluate(const EvaluateWork& work) {
  const std::span<const Member> members = work.members;
  std::vector<std::unique_ptr<Pending>> parts;
  fitting_evaluations_.run(
      members.size(),
      [&](std::size_t first, std::size_t count) { parts.push_back(evaluate_together(members.subspan(first, count))); },
      [&] { release_memory(); });
  return parts.size() == 1 ? std::move(parts.front()) : std::make_unique<PendingParts>(std::move(parts));
}

std::unique_ptr<Pending> T5Engine::predict(const PredictWork& work) {
  std::vector<const TokenIds*> sources;  // of all members, one after the other
  std::vector<std::size_t> first_of;     // the first source of each member, and the end
  for (const PredictMember& member : work.members) {
    first_of.push_back(sources.size());
    for (const std::int32_t index : member.examples) sources.push_back(&inputs_.catalogue->examples.at(index).source);
  }
  first_of.push_back(sources.size());
  const std::int32_t most = std::min(work.max_new_tokens, std::int32_t{longest_sequence});

  std::vector<TokenIds> answers;
  fitting_predictions_.run(
      sources.size(),
      [&](std::size_t first, std::size_t count) {
        std::vector<MemberWeights> weights;
        GreedyDecoder::Answering members;
        for (std::size_t m = 0; m < work.members.size(); ++m) {
          const std::size_t begin = std::clamp(first_of[m], first, first + count),
                            end = std::clamp(first_of[m + 1], first, first + count);
          if (begin == end || work.members[m].adapter_set < 0) continue;
          weights.push_back({work.members[m].adapter_set, work.members[m].weights});
          members.sources.emplace_back(static_cast<std::int32_t>(begin - first),
                                       static_cast<std::int32_t>(end - first));
        }
        if (!weights.empty()) members.factors = &composer_.compose(weights);
        std::ranges::move(decoder_.decode(std::span(sources).subspan(first, count), members, most),
                          std::back_inserter(answers));
      },
      [&] { release_memory(); });

  PredictResult result;
  for (std::size_t m = 0; m < work.members.size(); ++m)
    result.tokens.emplace_back(std::make_move_iterator(answers.begin() + static_cast<std::ptrdiff_t>(first_of[m])),
                               std::make_move_iterator(answers.begin() + static_cast<std::ptrdiff_t>(first_of[m + 1])));
  return std::make_unique<PendingPrediction>(std::move(result));
}

std::unique_ptr<Pending> T5Engine::start(const Work& work) {
  if (const auto* evaluation = std::get_if<EvaluateWork>(&work)) return evaluate(*evaluation);
  return predict(std::get<PredictWork>(work));
}

}  // namespace lorasweep

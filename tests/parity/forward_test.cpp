// SPDX-License-Identifier: Apache-2.0
// The network against what the reference (transformers, f32) computed with the same weights: states, logits, losses.
#include "data/formats/open_weights.h"
#include "tests/testing/oracle.h"
#include "workers/t5/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace lorasweep {
namespace {

struct Case {
  std::vector<std::vector<std::int32_t>> sources, decoder_inputs, labels;  // padding cut
  Tensor states, logits, nll;
  std::int64_t source_width = 0, target_width = 0, examples = 0;
};

Case read_case(const WeightFile& file, const std::string& name) {
  Case c;
  const auto ids = file.read_integers(name + ".input_ids"), mask = file.read_integers(name + ".attention_mask"),
             decoder = file.read_integers(name + ".decoder_input_ids"), labels = file.read_integers(name + ".labels");
  c.examples = file.find(name + ".input_ids")->shape[0];
  c.source_width = file.find(name + ".input_ids")->shape[1];
  c.target_width = file.find(name + ".labels")->shape[1];
  for (std::int64_t b = 0; b < c.examples; ++b) {
    auto& source = c.sources.emplace_back();
    for (std::int64_t i = 0; i < c.source_width; ++i)
      if (mask[b * c.source_width + i] != 0) source.push_back(static_cast<std::int32_t>(ids[b * c.source_width + i]));
    auto &input = c.decoder_inputs.emplace_back(), &label = c.labels.emplace_back();
    for (std::int64_t i = 0; i < c.target_width; ++i) {
      if (labels[b * c.target_width + i] < 0) continue;
      input.push_back(static_cast<std::int32_t>(decoder[b * c.target_width + i]));
      label.push_back(static_cast<std::int32_t>(labels[b * c.target_width + i]));
    }
  }
  c.states = file.read(name + ".encoder_last_hidden_state");
  c.logits = file.read(name + ".logits");
  c.nll = file.read(name + ".token_nll");
  return c;
}

Sequences sequences_of(const std::vector<std::vector<std::int32_t>>& lists, std::vector<std::int32_t>& ids) {
  Sequences sequences;
  for (const auto& list : lists) {
    ids.insert(ids.end(), list.begin(), list.end());
    sequences.offsets.push_back(static_cast<std::int32_t>(ids.size()));
  }
  return sequences;
}

double largest(const Tensor& tensor) {
  double most = 0;
  for (const float value : tensor.values) most = std::max(most, std::abs(static_cast<double>(value)));
  return most;
}

class Forward : public testing::TestWithParam<std::tuple<DeviceKind, std::string>> {};

TEST_P(Forward, StatesLogitsAndLossesAreThoseOfTheReference) {
  const auto [kind, name] = GetParam();
  if (device_count(kind) == 0) GTEST_SKIP() << "no CUDA device here";
  const double relative = kind == DeviceKind::cpu ? 1e-5 : 1e-4;
  const auto file = open_weights(oracle::golden("forward_base.safetensors"));
  const Case c = read_case(*file, name);
  const T5Config& config = oracle::config();
  const auto ops = make_ops({.kind = kind});
  const ModelImage layout(oracle::plan(), *ops);
  const auto image = ops->adopt(oracle::model_image(Element::f32, kind), layout.bytes());
  const T5Weights weights = t5_weights(config, oracle::plan(), layout.bind(image.get()));
  T5Network network(*ops, config, weights);
  Workspace memory(*ops);
  int slot = 0;
  const auto upload = [&](const std::vector<std::int32_t>& ids) {
    const View view = memory.matrix(slot++, Element::i32, static_cast<std::int64_t>(ids.size()), 1);
    ops->upload(view, ids.data());
    return view;
  };

  std::vector<std::int32_t> source_ids, decoder_ids, labels;
  std::vector<Index> source_of;
  const Sequences sources = sequences_of(c.sources, source_ids), targets = sequences_of(c.decoder_inputs, decoder_ids);
  sequences_of(c.labels, labels);
  for (int s = 0; s < sources.count(); ++s) source_of.push_back(s);
  const View states = memory.matrix(slot++, Element::f32, sources.rows(), config.d_model);
  network.encode(states, upload(source_ids), sources, {});
  std::vector<float> got_states(static_cast<std::size_t>(sources.rows()) * config.d_model);
  ops->download(got_states.data(), states);

  const View decoded = network.decode(upload(decoder_ids), targets, {states, &sources, source_of}, {});
  const View logits = memory.matrix(slot++, Element::f32, targets.rows(), config.vocabulary);
  ops->linear(logits, decoded, weights.head, Accumulate::no);
  const View nll = memory.matrix(slot++, Element::f64, targets.rows(), 1);
  network.target_nll(nll, decoded, upload(labels));
  std::vector<float> got_logits(static_cast<std::size_t>(targets.rows()) * config.vocabulary);
  std::vector<double> got_nll(static_cast<std::size_t>(targets.rows()));
  ops->download(got_logits.data(), logits);
  ops->download(got_nll.data(), nll);
  ops->wait_all();

  const double state_tolerance = relative * largest(c.states), logit_tolerance = relative * largest(c.logits);
  double state_error = 0, logit_error = 0;
  for (int b = 0; b < sources.count(); ++b) {
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(sources.length(b)) * config.d_model; ++i)
      state_error = std::max(
          state_error,
          std::abs(static_cast<double>(got_states[static_cast<std::size_t>(sources.begin(b)) * config.d_model + i]) -
                   c.states.values[b * c.source_width * config.d_model + i]));
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(targets.length(b)) * config.vocabulary; ++i)
      logit_error = std::max(
          logit_error,
          std::abs(static_cast<double>(got_logits[static_cast<std::size_t>(targets.begin(b)) * config.vocabulary + i]) -
                   c.logits.values[b * c.target_width * config.vocabulary + i]));
    for (int i = 0; i < targets.length(b); ++i) {
      const double expected = c.nll.values[b * c.target_width + i];
      EXPECT_NEAR(got_nll[targets.begin(b) + i], expected, relative * expected + logit_tolerance)
          << "example " << b << " token " << i;
    }
  }
  EXPECT_LE(state_error, state_tolerance);
  EXPECT_LE(logit_error, logit_tolerance);
}

INSTANTIATE_TEST_SUITE_P(AllCases, Forward,
                         testing::Combine(testing::Values(DeviceKind::cpu, DeviceKind::cuda), testing::ValuesIn([] {
                                            std::vector<std::string> names;
                                            for (const auto& c : oracle::golden_json("forward_base.json"))
                                              names.push_back(c.at("name"));
                                            return names;
                                          }())),
                         [](const auto& param) {
                           return (std::get<0>(param.param) == DeviceKind::cpu ? "cpu_" : "cuda_") +
                                  std::get<1>(param.param);
                         });

}  // namespace
}  // namespace lorasweep

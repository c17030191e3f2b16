// SPDX-License-Identifier: Apache-2.0
// What an evaluation's identity depends on, and what it does not.
#include "pipeline/run/eval_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

const std::vector<double> weights = {0.5, -1.25};

Manifest sample() {
  Manifest m{.base_sha256 = "aa", .tokenizer_sha256 = "bb", .device = "cpu, avx2"};
  m.config.model.dtype = Element::bf16;
  m.config.search.composition = Composition::exact;
  m.config.search.loss = Reduction::token_mean;
  m.adapters = {{.name = "x", .sha256 = "11"}, {.name = "y", .sha256 = "22"}};
  m.adapter_sets = {{0, 1}, {1, 0}};
  m.tasks = {{.name = "s", .sha256 = "33", .shots_sha256 = "44"}, {.name = "t", .sha256 = "33", .shots_sha256 = "55"}};
  m.searches = {{.task = 0, .adapter_set = 0}, {.task = 1, .adapter_set = 0}, {.task = 1, .adapter_set = 1}};
  return m;
}

std::string key(const Manifest& manifest, std::size_t search = 2, const std::vector<double>& of = weights) {
  const Manifest::Search& s = manifest.searches[search];
  return EvalKeys(manifest).key(set_of_shots(manifest, s), manifest.adapter_sets[s.adapter_set], of);
}

TEST(EvalKeys, AreWhatJournalsHave) {
  // Python's hashlib over: composition, loss and l1 as JSON, digests of base and tokenizer, numerics as JSON; the hex
  // of that, the shots' digest, the adapters' digests in drawn order; the hex of that, the weights' bits. Texts with
  // their length (u64) in front.
  EXPECT_EQ(key(sample()), "60d0eb20d904bfc604f98bf16ca1a1af01af7da09dce119ef02ad4648d1301cd");
}

TEST(EvalKeys, DifferWhereverAValueWould) {
  std::set<std::string> keys = {key(sample(), 0), key(sample(), 1), key(sample(), 2), key(sample(), 2, {0.5, 1.25}),
                                key(sample(), 2, {0.5})};
  EXPECT_EQ(keys.size(), 5u) << "shots, order of adapters, weights";
  const auto expect_other = [&](auto change, const char* what) {
    Manifest changed = sample();
    change(changed);
    EXPECT_TRUE(keys.insert(key(changed)).second) << what;
  };
  expect_other([](Manifest& m) { m.config.search.composition = Composition::lorahub; }, "composition");
  expect_other([](Manifest& m) { m.config.search.loss = Reduction::example_mean; }, "loss");
  expect_other([](Manifest& m) { m.config.search.l1 = 0.1; }, "l1");
  expect_other([](Manifest& m) { m.config.tasks.completion = " {target}"; }, "completion");
  expect_other([](Manifest& m) { m.config.model.dtype = Element::f32; }, "dtype");
  expect_other([](Manifest& m) { m.device = "cpu, AVX-512"; }, "device");
  expect_other([](Manifest& m) { m.revision = 2; }, "revision of the arithmetic");
  expect_other([](Manifest& m) { m.base_sha256 = "ab"; }, "base");
  expect_other([](Manifest& m) { m.tokenizer_sha256 = "ab"; }, "tokenizer");
  expect_other([](Manifest& m) { m.adapters[1].sha256 = "23"; }, "adapter");
  expect_other([](Manifest& m) { m.tasks[1].shots_sha256 = "56"; }, "shots");
}

TEST(EvalKeys, AreTheSameInEveryRunOfTheSameInputs) {
  Manifest other = sample();
  other.run_uuid = "another run";
  other.adapters[1].source = "/elsewhere";
  other.config.search.budget = 7;  // how a search goes on does not change what an evaluation is
  other.config.search.seeds = {9};
  other.tasks[1].sha256 = "34";  // of the test set too, which an objective does not see
  std::swap(other.searches[0], other.searches[2]);
  EXPECT_EQ(key(other, 0), key(sample(), 2));
}

}  // namespace
}  // namespace lorasweep

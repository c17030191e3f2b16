// SPDX-License-Identifier: Apache-2.0
// What rank 0 and workers tell each other at the start comes back whole, and is refused when damaged.
#include "pipeline/run/start/setup_codec.h"

#include "data/core/error.h"
#include "pipeline/manifest/manifest.h"
#include "tests/scheduler/corruption.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

DeviceOffer offer() {
  return {.where = "rank 3 on n\"2\"",
          .cpu = "cpu, avx2",
          .cuda = {},
          .cuda_problem = "no driver: \xff",
          .cuda_devices = 2,
          .cuda_identity = "GPU-1",
          .host = "n2",
          .cores = {0, 3, 70000},
          .times = {{1ull << 40, 0.5}, {2, 64}}};
}

WorkerSetup setup() {
  T5Config base;
  base.encoder_layers = 3;
  base.decoder_layers = 2;
  base.norm_epsilon = 1.0 / 3;
  return {.base = base,
          .activation = Element::bf16,
          .composition = Composition::exact,
          .threads = 4,
          .adapters = {{{{.site = 1, .rank = 8, .scaling = 0.1}, {.site = 2, .rank = 4, .scaling = 2}}}, {}},
          .most_adapters = 3,
          .catalogue = {.examples = {{{5, 6, 1}, {7, 1}}}, .example_sets = {{0}, {}}},
          .max_new_tokens = 17,
          .ends = {.tokens = {4, 9}, .texts = {"\n\n"}, .token_bytes = {"", "a", "\xF0"}},
          .device = {.kind = DeviceKind::cuda, .signature = "cuda, H100", .sharers = 2, .warning = {}},
          .broadcast = std::string("\0ticket", 7)};
}

CheckQuestion question() {
  return {.kind = DeviceKind::cuda, .activation = Element::bf16, .composition = Composition::exact};
}

CheckValues values() {
  return {.where = "rank 1 on n1",
          .layout = "0123456789abcdef",
          .computed = "fedcba9876543210",
          .rotary = "0f1e2d3c4b5a6978",
          .problem = "no\n"};
}

TEST(SetupCodec, BringsCheckValuesAndTheirQuestionBackWhole) {
  EXPECT_EQ(decode_check_question(encode(question())), question());
  EXPECT_EQ(decode_check_values(encode(values())), values());
}

TEST(SetupCodec, BringsADeviceOfferBackWhole) { EXPECT_EQ(decode_device_offer(encode(offer())), offer()); }

TEST(SetupCodec, BringsAWorkerSetupBackWhole) {
  const WorkerSetup there = setup(), back = decode_worker_setup(encode(there));
  EXPECT_EQ(to_json(back.base), to_json(there.base));
  EXPECT_EQ(back.activation, there.activation);
  EXPECT_EQ(back.composition, there.composition);
  EXPECT_EQ(back.threads, there.threads);
  ASSERT_EQ(back.adapters.size(), 2u);
  ASSERT_EQ(back.adapters[0].sites.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back.adapters[0].sites[i].site, there.adapters[0].sites[i].site);
    EXPECT_EQ(back.adapters[0].sites[i].rank, there.adapters[0].sites[i].rank);
    EXPECT_EQ(back.adapters[0].sites[i].scaling, there.adapters[0].sites[i].scaling);
  }
  EXPECT_TRUE(back.adapters[1].sites.empty());
  EXPECT_EQ(back.most_adapters, there.most_adapters);
  EXPECT_EQ(back.catalogue, there.catalogue);
  EXPECT_EQ(back.max_new_tokens, there.max_new_tokens);
  EXPECT_EQ(back.ends, there.ends);
  EXPECT_EQ(back.device.kind, there.device.kind);
  EXPECT_EQ(back.device.signature, there.device.signature);
  EXPECT_EQ(back.device.sharers, there.device.sharers);
  EXPECT_EQ(back.broadcast, there.broadcast);
}

const auto read_offer = [](const std::string& bytes) { decode_device_offer(bytes); };
const auto read_question = [](const std::string& bytes) { decode_check_question(bytes); };
const auto read_values = [](const std::string& bytes) { decode_check_values(bytes); };
const auto read_setup = [](const std::string& bytes) { decode_worker_setup(bytes); };

TEST(SetupCodec, RefusesDamage) {
  expect_damage_is_refused(encode(offer()), read_offer);
  expect_damage_is_refused(encode(question()), read_question);
  expect_damage_is_refused(encode(values()), read_values);
  expect_damage_is_refused(encode(setup()), read_setup);
}

TEST(SetupCodec, RefusesOrReadsNonsenseUnderARightChecksum) {
  expect_sealed_damage_is_borne(EnvelopeKind::device_offer, encode(offer()), read_offer);
  expect_sealed_damage_is_borne(EnvelopeKind::check_question, encode(question()), read_question);
  expect_sealed_damage_is_borne(EnvelopeKind::check_values, encode(values()), read_values);
  expect_sealed_damage_is_borne(EnvelopeKind::worker_setup, encode(setup()), read_setup);
}

TEST(SetupCodec, DoesNotMistakeOneThingForAnother) {
  EXPECT_THROW(decode_device_offer(encode(setup())), InternalError);
  EXPECT_THROW(decode_worker_setup(encode(offer())), InternalError);
}

}  // namespace
}  // namespace lorasweep

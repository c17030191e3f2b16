// SPDX-License-Identifier: Apache-2.0
// Tables of positions against those of transformers, to the bit where its own arithmetic is the same everywhere.
#include "data/model/rope_parameters.h"

#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/open_weights.h"
#include "data/model/causal_config.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

const std::filesystem::path goldens = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "causal";

RopeParameters read(const Json& config) { return read_rope_parameters(config, "config.json"); }

// One entry may differ in its last bit: torch's powf is not the C library's. Models that were stored in bf16 had their
// frequencies rounded to it when these were written down.
TEST(RopeParameters, GiveTheReferencesFrequencies) {
  for (const char* name : {"llama_plain", "llama_wide_head", "llama_one_key_head", "llama3_scaled", "mistral_window",
                           "qwen2_tied", "qwen2_window", "qwen3"}) {
    const CausalConfig config = read_causal_config(goldens / "shapes" / name);
    const auto notes = parse_json(read_file(goldens / "shapes" / name / "expected.json", 1 << 20), name);
    const bool rounded = notes.at("stored") == "bf16";
    const Tensor wanted = open_weights(goldens / "shapes" / name / "expected.safetensors")->read("rope.inv_freq");
    const std::vector<float> got = rope_frequencies(config.rope, config.head_width);
    ASSERT_EQ(got.size(), wanted.values.size()) << name;
    int different = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const float own = rounded ? bf16_to_f32(f32_to_bf16(got[i])) : got[i];
      EXPECT_NEAR(own, wanted.values[i], 1.2e-7 * wanted.values[i]) << name << " " << i;
      different += own != wanted.values[i] ? 1 : 0;
    }
    EXPECT_LE(different, 1) << name;
  }
}

// A table that is made in double differs from this by 2e-4 at such positions.
TEST(RopeParameters, RoundAnglesToSinglePrecisionBeforeTheyAreTurned) {
  const RopeParameters rope{.theta = 10000};
  const std::vector<float> frequencies = rope_frequencies(rope, 16);
  const std::vector<float> cosine = rope_table(rope, 16, 4000, RopeTable::cosine),
                           sine = rope_table(rope, 16, 4000, RopeTable::sine);
  ASSERT_EQ(cosine.size(), 4000u * 8);
  double furthest_from_exact_angle = 0;
  for (int position : {0, 1, 700, 3999})
    for (int i = 0; i < 8; ++i) {
      const double angle = static_cast<float>(position) * frequencies[i];
      const double exact = position * std::pow(10000.0, -i / 8.0);
      EXPECT_NEAR(cosine[position * 8 + i], std::cos(static_cast<double>(static_cast<float>(angle))), 1e-7);
      EXPECT_NEAR(sine[position * 8 + i], std::sin(static_cast<double>(static_cast<float>(angle))), 1e-7);
      furthest_from_exact_angle =
          std::max(furthest_from_exact_angle, std::abs(cosine[position * 8 + i] - std::cos(exact)));
    }
  EXPECT_GT(furthest_from_exact_angle, 1e-6) << "f32 angles are what the reference has";
}

TEST(RopeParameters, OfTheKindDynamicAreThoseOfTheDefault) {
  EXPECT_EQ(read({{"rope_theta", 5e5}, {"rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}}}).kind,
            RopeKind::plain);
}

TEST(RopeParameters, OfOtherKindsAreRefusedNamingThem) {
  for (const char* kind : {"yarn", "longrope", "su", "mrope"}) {
    EXPECT_THAT(refusal_of([&] {
                  read({{"rope_scaling", {{"rope_type", kind}, {"factor", 4.0}}}});
                }),
                Refused(ExitCode::bad_input, "rope_scaling.rope_type", {kind}));
    EXPECT_THAT(refusal_of([&] {
                  read({{"rope_parameters", {{"rope_type", kind}, {"factor", 4.0}}}});
                }),
                Refused(ExitCode::bad_input, "rope_parameters.rope_type", {kind}));
  }
  EXPECT_THAT(refusal_of([] { read_causal_config(goldens / "refused/llama_yarn"); }),
              Refused(ExitCode::bad_input, "rope_parameters.rope_type", {"yarn"}));
}

TEST(RopeParameters, MustBeWholePossibleAndAgree) {
  EXPECT_THAT(refusal_of([] {
                read({{"rope_scaling", {{"type", "linear"}}}});
              }),
              Refused(ExitCode::bad_input, "rope_scaling.factor"));
  EXPECT_THAT(refusal_of([] {
                read({{"rope_scaling", {{"type", "linear"}, {"factor", 0.5}}}});
              }),
              Refused(ExitCode::bad_input, "rope_scaling.factor", {"0.5"}));
  EXPECT_THAT(refusal_of([] { read({{"rope_theta", "1e4"}}); }), Refused(ExitCode::bad_input, "rope_theta"));
  EXPECT_THAT(refusal_of([] { read({{"rope_scaling", 3}}); }), Refused(ExitCode::bad_input, "rope_scaling"));
  EXPECT_THAT(refusal_of([] {
                read({{"rope_scaling", {{"type", "linear"}, {"factor", 2}, {"of_tomorrow", 1}}}});
              }),
              Refused(ExitCode::bad_input, "of_tomorrow"));
  EXPECT_THAT(refusal_of([] {
                read({{"rope_scaling",
                       {{"rope_type", "llama3"},
                        {"factor", 8},
                        {"low_freq_factor", 4},
                        {"high_freq_factor", 4},
                        {"original_max_position_embeddings", 8192}}}});
              }),
              Refused(ExitCode::bad_input, "rope_scaling.high_freq_factor", {"4"}));
  EXPECT_THAT(refusal_of([] {
                read({{"rope_theta", 1e4}, {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 1e6}}}});
              }),
              Refused(ExitCode::bad_input, "rope_parameters"));
  EXPECT_EQ(read({{"rope_theta", 1e6}, {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 1e6}}}}).theta,
            1e6);
}

}  // namespace
}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Compositions of adapters that differ in sites and ranks.
#include "workers/lora/composer.h"

#include "workers/device/make_ops.h"
#include "workers/lora/composition_bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace lorasweep {
namespace {

using List = std::vector<std::int32_t>;

// Three adapters of the first two sites at rank 4, one of them at ranks 16 and 3, one of another site alone.
class SmallLibrary : public testing::Test {
 protected:
  static AdapterShape shape(std::vector<AdapterShape::Site> sites) { return {std::move(sites)}; }
  static float value(int adapter, int place, int i, bool b) {
    return static_cast<float>((adapter * 31 + place * 17 + i * 7 + (b ? 5 : 0)) % 23 - 11) / 8;
  }
  Tensor factor(int adapter, int place, bool b) const {
    const AdapterShape::Site& site = library.adapters()[adapter].sites[place];
    const LoraSite& at = sites[site.site];
    Tensor tensor{b ? std::vector<std::int64_t>{at.out, site.rank} : std::vector<std::int64_t>{site.rank, at.in}, {}};
    for (int i = 0; i < tensor.shape[0] * tensor.shape[1]; ++i) tensor.values.push_back(value(adapter, place, i, b));
    return tensor;
  }
  void SetUp() override {
    image = ops->allocate(library.bytes());
    library.write(image.get(), {.read_a = [&](int a, int i) { return factor(a, i, false); },
                                .read_b = [&](int a, int i) { return factor(a, i, true); }});
  }
  Composer composer(Composition composition) { return {*ops, library, composition, image}; }
  // The same adapters with a number for each of `names`; its image.
  struct Placed {
    std::unique_ptr<AdapterLibrary> library;
    std::shared_ptr<std::byte> image;
  };
  Placed placed(const Scope& scope) const {
    const ScopePlaces places = scope_places(plan, scope, place_names(plan, scope, {0, 1, 5}));
    Placed own{std::make_unique<AdapterLibrary>(SiteGroups(plan, places), library.adapters()), nullptr};
    own.image = ops->allocate(own.library->bytes());
    own.library->write(own.image.get(), {.read_a = [&](int a, int i) { return factor(a, i, false); },
                                         .read_b = [&](int a, int i) { return factor(a, i, true); }});
    return own;
  }
  static const ComposedFactors& compose(Composer& composer, const List& adapters, const std::vector<double>& weights) {
    const MemberWeights member{adapters, weights};
    return composer.compose({&member, 1});
  }

  const ModelPlan plan = model_plan(T5Config{
      .d_model = 40, .d_kv = 8, .d_ff = 56, .heads = 3, .encoder_layers = 2, .decoder_layers = 3, .vocabulary = 10});
  const std::vector<LoraSite> sites = lora_sites(plan);
  const AdapterLibrary library{SiteGroups(plan),
                               {shape({{0, 4, 0.5}, {1, 4, 0.5}}), shape({{0, 4, 0.5}, {1, 4, 2}}),
                                shape({{0, 16, 1}, {1, 3, 1}}), shape({{5, 8, 1}}), shape({{0, 4, 1}, {1, 4, 1}})}};
  const std::unique_ptr<Ops> ops = make_ops({});
  std::shared_ptr<std::byte> image;
};

TEST_F(SmallLibrary, OneAdapterOfAnyShapeIsItselfUnderEitherComposition) {
  for (const Composition rule : {Composition::lorahub, Composition::exact}) {
    Composer own = composer(rule);
    for (std::int32_t adapter = 0; adapter < 5; ++adapter) {
      const ComposedFactors& composed = compose(own, {adapter}, {1});
      for (int i = 0; i < static_cast<int>(library.adapters()[adapter].sites.size()); ++i) {
        const AdapterShape::Site& site = library.adapters()[adapter].sites[i];
        const auto [a, b] = composed.site_factors(*ops, 0, site.site);
        Tensor expected = factor(adapter, i, true);
        for (float& v : expected.values) v *= static_cast<float>(site.scaling);
        EXPECT_EQ(a.shape, (std::vector<std::int64_t>{site.rank, sites[site.site].in}));
        EXPECT_EQ(a.values, factor(adapter, i, false).values);
        EXPECT_EQ(b.shape, expected.shape);
        EXPECT_EQ(b.values, expected.values);
      }
      EXPECT_TRUE(composed.site_factors(*ops, 0, 9).first.values.empty()) << "a site that nothing changes";
    }
  }
}

TEST_F(SmallLibrary, ExactHasTheAdaptersBelowEachOtherWithTheirWeightsInB) {
  Composer own = composer(Composition::exact);
  const auto [a, b] = compose(own, {2, 3, 0}, {0.5, 7, -2}).site_factors(*ops, 0, 1);
  const Tensor a2 = factor(2, 1, false), a0 = factor(0, 1, false), b2 = factor(2, 1, true), b0 = factor(0, 1, true);
  std::vector<float> below = a2.values;
  below.insert(below.end(), a0.values.begin(), a0.values.end());
  EXPECT_EQ(a.shape[0], 3 + 4);
  EXPECT_EQ(a.values, below);
  for (std::int64_t o = 0; o < b.shape[0]; ++o)
    for (std::int64_t r = 0; r < 7; ++r)
      ASSERT_EQ(b.values[o * 7 + r], r < 3 ? 0.5f * b2.values[o * 3 + r] : -2 * (0.5f * b0.values[o * 4 + r - 3]));
}

// Sites 0 and 1 are q and k of encoder layer 0: they share their input, and have numbers of their own.
TEST_F(SmallLibrary, EachMapIsSummedWithItsOwnNumbers) {
  const Placed maps = placed({.kind = Scope::Kind::maps});
  ASSERT_EQ(maps.library->groups().places(), 2) << "q, of two layers, and k";
  Composer one = composer(Composition::lorahub);
  Composer own(*ops, *maps.library, Composition::lorahub, maps.image);
  const std::vector<double> of_q = {0.5, -1.25, 2}, of_k = {-0.75, 3, 0.1};
  const std::vector<double> both = {0.5, -0.75, -1.25, 3, 2, 0.1};
  const List adapters = {0, 4, 1};
  for (const auto& [site, weights] : {std::pair{0, of_q}, {1, of_k}}) {
    const auto expected = compose(one, adapters, weights).site_factors(*ops, 0, site);
    const auto found = compose(own, adapters, both).site_factors(*ops, 0, site);
    EXPECT_EQ(found.first.values, expected.first.values);
    EXPECT_EQ(found.second.values, expected.second.values);
  }
}

TEST_F(SmallLibrary, EachRunOfLayersIsWeightedWithItsOwnNumbersInPlace) {
  const Placed runs = placed({.kind = Scope::Kind::groups, .groups = 2});  // site 5 is of encoder layer 0
  Composer own(*ops, *runs.library, Composition::exact, runs.image);
  Composer one = composer(Composition::exact);
  const List adapters = {2, 3, 0};
  const ComposedFactors& expected = compose(one, adapters, {0.5, 7, -2});
  const auto first = expected.site_factors(*ops, 0, 1), fifth = expected.site_factors(*ops, 0, 5);
  const ComposedFactors& found = compose(own, adapters, {0.5, 9, 7, 9, -2, 9});
  EXPECT_EQ(found.site_factors(*ops, 0, 1).second.values, first.second.values);
  EXPECT_EQ(found.site_factors(*ops, 0, 5).second.values, fifth.second.values);
}

TEST_F(SmallLibrary, OneNumberAnAdapterCountsForAllItsPlaces) {
  for (const Scope& scope : {Scope{.kind = Scope::Kind::maps}, Scope{.kind = Scope::Kind::groups, .groups = 2}})
    for (const Composition rule : {Composition::lorahub, Composition::exact}) {
      const Placed own = placed(scope);
      Composer one = composer(rule), wide(*ops, *own.library, rule, own.image);
      const List adapters = {0, 4, 1};
      const auto expected = compose(one, adapters, {0.5, -1.25, 2}).site_factors(*ops, 0, 1);
      for (const std::vector<double>& weights : {std::vector{0.5, -1.25, 2.0}, {0.5, 0.5, -1.25, -1.25, 2.0, 2.0}}) {
        const auto found = compose(wide, adapters, weights).site_factors(*ops, 0, 1);
        EXPECT_EQ(found.first.values, expected.first.values);
        EXPECT_EQ(found.second.values, expected.second.values);
      }
      EXPECT_THROW(compose(wide, adapters, {1, 2, 3, 4}), std::invalid_argument);
    }
}

TEST_F(SmallLibrary, MembersOfOtherShapesAreSummedBesideThoseWithAllPlaces) {
  const Placed maps = placed({.kind = Scope::Kind::maps});
  Composer own(*ops, *maps.library, Composition::lorahub, maps.image);
  const List both = {0, 4}, alone = {2}, none;
  const std::vector<double> weights = {0.5, 1, 2, 3}, one = {1};
  const std::vector<MemberWeights> members = {{both, weights}, {alone, one}, {none, {}}, {both, weights}};
  const ComposedFactors& composed = own.compose(members);
  EXPECT_EQ(composed.site_factors(*ops, 1, 1).first.values, factor(2, 1, false).values);
  EXPECT_EQ(composed.site_factors(*ops, 0, 1).first.values, composed.site_factors(*ops, 3, 1).first.values);
  EXPECT_FALSE(composed.site_factors(*ops, 3, 1).first.values.empty());
  EXPECT_TRUE(composed.site_factors(*ops, 2, 1).first.values.empty());
}

TEST_F(SmallLibrary, AFewRefusalsNameWhatIsWrong) {
  Composer lorahub = composer(Composition::lorahub), exact = composer(Composition::exact);
  EXPECT_THROW(compose(lorahub, {0, 2}, {1, 1}), std::invalid_argument) << "other ranks";
  EXPECT_THROW(compose(lorahub, {0, 3}, {1, 1}), std::invalid_argument) << "other sites";
  for (Composer* one : {&lorahub, &exact}) {
    EXPECT_THROW(compose(*one, {0, 1}, {1}), std::invalid_argument);
    EXPECT_THROW(compose(*one, {5}, {1}), std::out_of_range);
    EXPECT_THROW(compose(*one, {-1}, {1}), std::out_of_range);
    EXPECT_NO_THROW(compose(*one, {0, 4, 1}, {1, 1, 1}));
    EXPECT_NO_THROW(compose(*one, {}, {}));
  }
}

TEST_F(SmallLibrary, LayoutsAreKnownByTheirContent) {
  const Composer lorahub = composer(Composition::lorahub), exact = composer(Composition::exact);
  for (const Composer* one : {&lorahub, &exact}) {
    EXPECT_EQ(one->layout_key(List{0, 1}), one->layout_key(List{4, 0}));
    EXPECT_NE(one->layout_key(List{0}), one->layout_key(List{2}));
    EXPECT_NE(one->layout_key(List{0}), one->layout_key(List{}));
  }
  EXPECT_NE(exact.layout_key(List{0, 1}), exact.layout_key(List{0}));
  EXPECT_NE(exact.layout_key(List{0, 2}), exact.layout_key(List{2, 0})) << "the order of the sum";
}

TEST_F(SmallLibrary, BoundsAreThoseOfItsLargestAdapters) {
  const CompositionBounds lorahub = composition_bounds(library, Composition::lorahub, 3),
                          two = composition_bounds(library, Composition::exact, 2),
                          all = composition_bounds(library, Composition::exact, 9);
  Index largest = 0;
  for (int a = 0; a < 5; ++a) largest = std::max(largest, library.layout(a).size);
  EXPECT_EQ(lorahub.floats, largest);
  EXPECT_EQ(lorahub.columns, 32);  // ranks 16 and 3, rounded up to a vector
  EXPECT_EQ(two.columns, 32 + 16);
  EXPECT_EQ(all.columns, 32 + 3 * 16);
  EXPECT_EQ(two.floats, 4) << "no factors: which rows, and their weights";
  EXPECT_EQ(composition_bounds(library, Composition::lorahub, 0).floats, 0);
}

}  // namespace
}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Numbers of places: losses and answers of an engine that tells runs of layers or kinds of maps apart, for both
// families. A second opinion on unequal numbers is an engine of one number an adapter, whose library has each adapter
// once for every place, with nothing but that place's sites.
#include "tests/testing/causal_oracle.h"
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <string>

namespace lorasweep {
namespace {

const Scope maps{.kind = Scope::Kind::maps};
Scope runs(int count) { return {.kind = Scope::Kind::groups, .groups = count}; }

// What a family brings to these tests.
struct Subjects {
  DeviceKind kind = DeviceKind::cpu;
  const ModelPlan* plan = nullptr;
  const std::vector<Adapter>* adapters = nullptr;
  std::shared_ptr<const std::byte> model;
  Catalogue catalogue;
  std::vector<std::int32_t> drawn;
};

Subjects t5(DeviceKind kind) {
  const oracle::Cases cases = oracle::cases(1, 2);
  return {kind,
          &oracle::plan(),
          &oracle::adapters(),
          oracle::model_image(Element::f32, kind),
          cases.catalogue,
          {cases.adapters[0].begin(), cases.adapters[0].begin() + 4}};
}

Subjects causal() {
  static const std::filesystem::path folder = causal_oracle::golden("qwen2");
  static const causal_oracle::Models models = [] {
    std::vector<std::filesystem::path> adapters;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "adapters")) adapters.push_back(entry.path());
    std::ranges::sort(adapters);
    return causal_oracle::Models(folder / "base", adapters);
  }();
  Subjects subjects{DeviceKind::cpu, &models.plan(), &models.adapters(), models.model_image(*make_ops({})), {},
                    {0, 1, 2}};
  subjects.catalogue.examples = {{{5, 9, 14, 20}, {7, 8, 9}}, {{3, 11, 12}, {6, 6}}};
  subjects.catalogue.example_sets = {{0, 1}};
  return subjects;
}

// Adapters of a library that have all their sites, or those of one place.
struct Part {
  std::int32_t adapter = 0;
  std::vector<int> sites;  // places in the adapter's own list
};

struct Made {
  std::shared_ptr<const EnginePlan> plan;
  std::unique_ptr<LanguageEngine> engine;
};

Made engine(const Subjects& s, const std::vector<Part>& library, Composition composition, const ScopePlaces& places) {
  std::vector<AdapterShape> shapes;
  for (const Part& part : library) {
    AdapterShape& shape = shapes.emplace_back();
    for (const int i : part.sites) {
      const AdapterSite& site = (*s.adapters)[part.adapter].sites()[i];
      shape.sites.push_back({site.site, site.rank, site.scaling});
    }
  }
  Made made;
  made.plan = std::make_shared<const EnginePlan>(EngineSettings{.model = s.plan->config,
                                                                .adapters = shapes,
                                                                .composition = composition,
                                                                .places = places,
                                                                .most_adapters = 16,
                                                                .catalogue = std::make_shared<Catalogue>(s.catalogue),
                                                                .max_new_tokens = 12},
                                                 *make_packing({.kind = s.kind}));
  const auto factor = [&](int a, int i) -> const AdapterSite& {
    return (*s.adapters)[library[a].adapter].sites()[library[a].sites[i]];
  };
  const std::shared_ptr<std::byte> image = make_ops({})->allocate(made.plan->library().bytes());
  made.plan->library().write(
      image.get(), {.read_a = [&](int a, int i) { return (*s.adapters)[library[a].adapter].read_a(factor(a, i)); },
                    .read_b = [&](int a, int i) { return (*s.adapters)[library[a].adapter].read_b(factor(a, i)); }});
  made.engine = std::make_unique<LanguageEngine>(make_ops({.kind = s.kind}), made.plan,
                                                 EngineImages{.model = s.model, .library = image}, WorkerCapacity{});
  return made;
}

std::vector<Part> whole(const Subjects& s) {
  std::vector<Part> library;
  for (const std::int32_t a : s.drawn) {
    Part& part = library.emplace_back(Part{a, {}});
    part.sites.resize((*s.adapters)[a].sites().size());
    std::iota(part.sites.begin(), part.sites.end(), 0);
  }
  return library;
}

ScopePlaces places(const Subjects& s, const Scope& scope) {
  std::set<int> changed;
  for (const std::int32_t a : s.drawn)
    for (const AdapterSite& site : (*s.adapters)[a].sites()) changed.insert(site.site);
  return scope_places(*s.plan, scope, place_names(*s.plan, scope, changed));
}

std::vector<double> weights(std::size_t count) {
  std::vector<double> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(0.125 * static_cast<double>((i * 5 + 3) % 9) - 0.4);
  return some;
}

std::vector<std::int32_t> rows(std::size_t count) {
  std::vector<std::int32_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

struct Result {
  std::vector<std::vector<double>> nll;
  std::vector<std::vector<TokenIds>> answers;
  bool operator==(const Result&) const = default;
};
Result results(LanguageEngine& engine, std::size_t adapters, const std::vector<double>& weights) {
  return {causal_oracle::evaluate(engine, {{rows(adapters), 0, weights}}),
          causal_oracle::predict(engine, {{{rows(adapters), weights, {0, 1}}}, 8})};
}

struct Case {
  std::string family;
  DeviceKind kind = DeviceKind::cpu;
};

class Scopes : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (device_count(GetParam().kind) == 0) GTEST_SKIP() << "no CUDA device here";
    subjects = GetParam().family == "t5" ? t5(GetParam().kind) : causal();
  }
  Subjects subjects;
};

TEST_P(Scopes, EqualNumbersInAllPlacesAreOneNumberBitForBit) {
  const std::vector<double> one = weights(subjects.drawn.size());
  for (const Composition rule : {Composition::lorahub, Composition::exact}) {
    const Result expected = results(*engine(subjects, whole(subjects), rule, {}).engine, one.size(), one);
    for (const Scope& scope : {runs(1), runs(2), maps}) {
      const ScopePlaces by = places(subjects, scope);
      std::vector<double> each;
      for (const double weight : one) each.insert(each.end(), by.count(), weight);
      const Made made = engine(subjects, whole(subjects), rule, by);
      EXPECT_EQ(results(*made.engine, one.size(), each), expected) << name_of(scope) << " " << name_of(rule);
      EXPECT_EQ(results(*made.engine, one.size(), one), expected) << name_of(scope) << ": one number for all places";
    }
  }
}

TEST_P(Scopes, UnequalNumbersAreThoseOfAdaptersThatAreCutIntoTheirPlaces) {
  const std::size_t count = subjects.drawn.size();
  for (const Scope& scope : {runs(2), maps}) {
    const ScopePlaces by = places(subjects, scope);
    ASSERT_GT(by.count(), 1u);
    std::vector<Part> cut;
    for (const std::int32_t a : subjects.drawn)
      for (std::size_t place = 0; place < by.count(); ++place) {
        Part& part = cut.emplace_back(Part{a, {}});
        for (std::size_t i = 0; i < (*subjects.adapters)[a].sites().size(); ++i)
          if (by.of((*subjects.adapters)[a].sites()[i].site) == static_cast<int>(place))
            part.sites.push_back(static_cast<int>(i));
      }
    const std::vector<double> each = weights(count * by.count());
    const Made own = engine(subjects, whole(subjects), Composition::exact, by);
    const Made other = engine(subjects, cut, Composition::exact, {});
    EXPECT_EQ(results(*own.engine, count, each), results(*other.engine, cut.size(), each)) << name_of(scope);
  }
}

TEST_P(Scopes, ANumberChangesItsPlaceAlone) {
  const std::size_t count = subjects.drawn.size();
  for (const Scope& scope : {runs(2), maps}) {
    const ScopePlaces by = places(subjects, scope);
    const Made made = engine(subjects, whole(subjects), Composition::lorahub, by);
    std::vector<double> each = weights(count * by.count());
    const auto factors = [&] {
      const auto& composed = made.engine->compose(rows(count), each);
      std::vector<std::vector<float>> all;
      for (const AdapterSite& site : (*subjects.adapters)[subjects.drawn[0]].sites())
        all.push_back(composed.site_factors(made.engine->ops(), 0, site.site).first.values);
      return all;
    };
    const auto before = factors();
    each[1] += 0.5;  // of the first adapter in its second place
    const auto after = factors();
    const auto& sites = (*subjects.adapters)[subjects.drawn[0]].sites();
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_EQ(before[i] == after[i], by.of(sites[i].site) != 1) << name_of(scope) << " site " << sites[i].site;
  }
}

// A batch of members that have one number an adapter, and of those that have all.
TEST_P(Scopes, LossesDoNotDependOnTheOtherMembersOfABatch) {
  const std::size_t count = subjects.drawn.size();
  const ScopePlaces by = places(subjects, maps);
  for (const Composition rule : {Composition::lorahub, Composition::exact}) {
    const Made made = engine(subjects, whole(subjects), rule, by);
    const std::vector<Member> members = {{rows(count), 0, weights(count * by.count())},
                                         {{1}, 0, {1.0}},
                                         {{}, 0, {}},
                                         {rows(count), 0, weights(count)},
                                         {rows(count), 0, std::vector<double>(count * by.count(), 0.25)}};
    std::vector<std::vector<double>> alone;
    for (const Member& member : members) alone.push_back(causal_oracle::evaluate(*made.engine, {member})[0]);
    EXPECT_EQ(causal_oracle::evaluate(*made.engine, members), alone) << name_of(rule);
  }
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, Scopes,
                         testing::Values(Case{"t5"}, Case{"causal"}, Case{"t5", DeviceKind::cuda}),
                         [](const auto& param) {
                           return param.param.family + (param.param.kind == DeviceKind::cuda ? "_cuda" : "_cpu");
                         });

}  // namespace
}  // namespace lorasweep

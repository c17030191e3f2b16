// SPDX-License-Identifier: Apache-2.0
// What `export --format adapter` writes is an adapter like any other: at weight 1 it gives the composed model's
// answers.
#include "data/adapters/adapter.h"
#include "data/tasks/task.h"
#include "pipeline/collect/export_adapter.h"
#include "tests/pipeline/run/small_sweep.h"
#include "tests/testing/oracle.h"

namespace lorasweep {
namespace {

struct Search {
  std::string composition, scope;
};
class ExportRoundTrip : public SmallSweep, public testing::WithParamInterface<Search> {};

TEST_P(ExportRoundTrip, TheExportedAdapterGivesTheSearchsAnswers) {
  ASSERT_EQ(run("r", {"search.composition=" + GetParam().composition, "search.scope=" + GetParam().scope,
                      "tasks.names=queue_size", "search.seeds=1", "predict.baselines=[]"}),
            ExitCode::ok);
  const SweepResults results = read_results(results_path(directory("r")));
  export_adapters(results, folder / "adapters");
  ASSERT_EQ(results.composed.size(), 1u);
  const Adapter adapter(folder / "adapters" / "queue_size" / "r0", oracle::plan());

  Catalogue catalogue;
  const TaskSuite suite = read_tasks({.path = oracle::demo("tasks"), .names = {"queue_size"}, .pool = 10, .limit = 12});
  PredictWork work{{{.adapters = {0}, .weights = {1.0}, .examples = {}}}, 256};
  for (const TextExample& example : suite.tasks[0].test) {
    work.members[0].examples.push_back(static_cast<std::int32_t>(catalogue.examples.size()));
    catalogue.examples.push_back(oracle::example(example.input, example.target));
  }
  const auto ops = make_ops({});
  const auto plan =
      std::make_shared<const EnginePlan>(EngineSettings{.model = oracle::plan().config,
                                                        .adapters = {oracle::shape_of(adapter)},
                                                        .catalogue = std::make_shared<const Catalogue>(catalogue)},
                                         *ops);
  const std::shared_ptr<std::byte> image = ops->allocate(plan->library().bytes());
  plan->library().write(image.get(), {.read_a = [&](int, int i) { return adapter.read_a(adapter.sites()[i]); },
                                      .read_b = [&](int, int i) { return adapter.read_b(adapter.sites()[i]); }});
  LanguageEngine engine(make_ops({}), plan, {.model = oracle::model_image(Element::f32), .library = image}, {});
  const auto answers = oracle::predict(engine, work);
  ASSERT_EQ(results.predictions.prediction.size(), answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(oracle::tokenizer().decode(answers[i]), results.predictions.prediction[i]) << i;
}

INSTANTIATE_TEST_SUITE_P(BothRules, ExportRoundTrip,
                         testing::Values(Search{"lorahub", "model"}, Search{"exact", "model"},
                                         Search{"lorahub", "maps"}, Search{"exact", "groups:2"}),
                         [](const auto& param) {
                           return param.param.composition + "_" + param.param.scope.substr(0, 5);
                         });

}  // namespace
}  // namespace lorasweep

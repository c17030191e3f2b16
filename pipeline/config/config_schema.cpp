// SPDX-License-Identifier: Apache-2.0
// The table itself: a line here is a key in the file, a flag, an environment variable and a row of the documentation.
#include "pipeline/config/config_schema.h"

#include "data/tasks/named_templates.h"
#include "pipeline/config/slurm_kinds.h"
#include "pipeline/config/value_kinds.h"
#include "pipeline/search/make_optimizer.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <type_traits>
#include <utility>

namespace lorasweep {
namespace {

using namespace kinds;

constexpr std::int64_t largest_seed = std::numeric_limits<std::uint32_t>::max();

struct Words {
  std::string section, key, doc, example = "";
};

template <typename Kind>
constexpr bool is_text_kind =
    std::is_same_v<typename Kind::Value, std::string> || std::is_same_v<typename Kind::Value, std::filesystem::path> ||
    std::is_enum_v<typename Kind::Value> || std::is_same_v<typename Kind::Value, SweepPart> ||
    std::is_same_v<typename Kind::Value, Scope>;
template <typename Kind>
struct Override {
  static constexpr bool text = is_text_kind<Kind>, list = false;
};
template <>
struct Override<BoundsAroundZero> {
  static constexpr bool text = false, list = true;
};
template <typename Element>
struct Override<ListOf<Element>> {
  static constexpr bool text = is_text_kind<Element>, list = true;
};

template <typename Element>
struct Override<OneOrMore<Element>> : Override<ListOf<Element>> {};

const RunConfig& defaults_of_all() {
  static const RunConfig defaults;
  return defaults;
}

/// Of a setting that results depend on: whether manifests have it where it is at its default.
enum class Recorded { always, if_set };

/// `member`: a generic function from a configuration, const or not, to a reference to the value in it.
template <typename Kind, typename Member>
Field field(Words words, Kind kind, Member member, Recorded recorded = Recorded::always) {
  return Field{.section = std::move(words.section),
               .key = std::move(words.key),
               .type = kind.type(),
               .allowed = kind.allowed(),
               .doc = std::move(words.doc),
               .example = std::move(words.example),
               .get = [kind, member](const RunConfig& config) { return kind.show(member(config)); },
               .set =
                   [kind, member](RunConfig& config, const Json& value, const std::filesystem::path& directory) {
                     try {
                       member(config) = kind.read(value, directory);
                       return std::string();
                     } catch (const WrongValue& wrong) {
                       return std::string(wrong.what());
                     }
                   },
               .unset = [member](RunConfig& config) { member(config) = member(std::as_const(defaults_of_all())); },
               .is_result_setting = !std::is_same_v<Kind, Path>,
               .is_recorded_if_set = recorded == Recorded::if_set,
               .is_text = Override<Kind>::text,
               .is_list = Override<Kind>::list};
}

// The words are the enum's own names.
template <typename T>
OneWord<T> choice_of(std::initializer_list<T> meanings) {
  OneWord<T> choice;
  for (const T meaning : meanings) choice.choices.emplace_back(name_of(meaning), meaning);
  return choice;
}

OneWord<std::string> methods() {
  OneWord<std::string> choice;
  for (const std::string_view name : optimizer_names()) choice.choices.emplace_back(name, name);
  choice.choices.emplace_back(given_method, given_method);
  choice.choices.emplace_back(no_search_method, no_search_method);
  return choice;
}

OneWord<std::string> templates() {
  OneWord<std::string> choice{{{"none", "none"}}};
  for (const NamedTemplate& each : named_templates()) choice.choices.emplace_back(each.name, each.name);
  return choice;
}

std::vector<Field> model_fields() {
  return {
      field(
          {"model", "path",
           "A Hugging Face model directory, or a repository of the local Hugging Face cache. The network is never "
           "asked."},
          ModelPath{}, [](auto& c) -> auto& { return c.model.path; }),
      field(
          {"model", "tokenizer",
           "Where the tokenizer's files are, where they do not lie beside the model. Not set: in `path`.", "\"base\""},
          ModelPath{}, [](auto& c) -> auto& { return c.model.tokenizer; }),
      field(
          {"model", "dtype", "Element type of the matrix products; sums, norms, softmax and loss are f32 either way."},
          choice_of({Element::f32, Element::bf16}), [](auto& c) -> auto& { return c.model.dtype; }),
      field(
          {"model", "device",
           "What computes: `auto` takes CUDA devices where every worker has one, and CPU cores otherwise. Values "
           "depend on it by rounding, so a run "
           "continues on the kind of device that it began on."},
          OneWord<DeviceRequest>{
              {{"auto", DeviceRequest::automatic}, {"cpu", DeviceRequest::cpu}, {"cuda", DeviceRequest::cuda}}},
          [](auto& c) -> auto& { return c.model.device; }),
  };
}

std::vector<Field> adapter_fields() {
  return {
      field(
          {"adapters", "dir", "Every PEFT LoRA directory at or below it is in the library."}, Path{},
          [](auto& c) -> auto& { return c.adapters.dir; }),
      field(
          {"adapters", "list",
           "A text file that names the library, one adapter a line, in the order that draws use: directories below "
           "`dir`, or org/name of the "
           "Hugging Face cache. Not set: every adapter below `dir`, sorted.",
           "\"adapters.txt\""},
          Path{}, [](auto& c) -> auto& { return c.adapters.list; }),
      field(
          {"adapters", "select",
           "What a search composes: `random` draws `count` adapters per seed as CPython's random.seed(seed); "
           "random.sample(library, count) does, "
           "`all` takes the library, `named` takes `names`, `screened` evaluates every adapter of the library alone on "
           "each task's shots and takes the `count` with the lowest losses, which costs each search of that task as "
           "many evaluations of its budget as the library has adapters."},
          OneWord<AdapterSelection>{{{"random", AdapterSelection::random},
                                     {"all", AdapterSelection::all},
                                     {"named", AdapterSelection::named},
                                     {"screened", AdapterSelection::screened}}},
          [](auto& c) -> auto& { return c.adapters.select; }),
      field(
          {"adapters", "count", "Adapters of a search, for select = \"random\" or \"screened\"."},
          Integer<int>{1, 4096}, [](auto& c) -> auto& { return c.adapters.count; }),
      field(
          {"adapters", "names", "The adapters in their order, for select = \"named\".", "[\"first\", \"second\"]"},
          ListOf<Text>{{}, Emptiness::allowed}, [](auto& c) -> auto& { return c.adapters.names; }),
      field(
          {"adapters", "exclude",
           "Shell patterns (* ? [a-z]) over the names of adapters that are no part of the library; they are not read.",
           "[\"broken_one\", \"old_*\"]"},
          ListOf<Text>{{}, Emptiness::allowed}, [](auto& c) -> auto& { return c.adapters.exclude; }),
      field(
          {"adapters", "on_unusable",
           "What is done about an adapter that cannot be used: `error` refuses the sweep, `skip` leaves the adapter "
           "out of "
           "the library, says so, and records it; a run continues with the library that it began with."},
          OneWord<OnUnusable>{{{"error", OnUnusable::error}, {"skip", OnUnusable::skip}}},
          [](auto& c) -> auto& { return c.adapters.on_unusable; }),
  };
}

std::vector<Field> task_fields() {
  return {
      field(
          {"tasks", "path",
           "A directory of BBH JSON files or of LoraHub folders (example.jsonl, zero_shot.jsonl, few_shot.jsonl), told "
           "apart by content; or one "
           "of these."},
          Path{}, [](auto& c) -> auto& { return c.tasks.path; }),
      field(
          {"tasks", "names", "Shell patterns (* ? [a-z]) over the names of the tasks to sweep."}, ListOf<Text>{},
          [](auto& c) -> auto& { return c.tasks.names; }),
      field(
          {"tasks", "shots", "Examples that a search learns from."}, Integer<int>{1, 1000},
          [](auto& c) -> auto& { return c.tasks.shots; }),
      field(
          {"tasks", "shot_seed",
           "The shots are the first of the pool after CPython's random.seed(shot_seed); random.shuffle(pool). A list: "
           "other shots for every replicate, the first with the first of search.seeds and so on; as many as these, or "
           "one of the two has one entry, which then goes with each of the other's."},
          OneOrMore<Integer<std::uint32_t>>{{0, largest_seed}}, [](auto& c) -> auto& { return c.tasks.shot_seed; }),
      field(
          {"tasks", "pool",
           "BBH JSON only: this many examples, the first ones, are the pool that shots are drawn from, the rest is the "
           "test set. Not set: shots are drawn "
           "from all, and all that were not drawn are tested.",
           "10"},
          Integer<std::optional<int>>{1, 1'000'000}, [](auto& c) -> auto& { return c.tasks.pool; }),
      field(
          {"tasks", "prompt",
           "What the model is asked. {instruction} is the first paragraph of ../cot-prompts/<task>.txt beside the "
           "directory of the task files. Not set: the input as it is; for decoder-only models with a line break behind "
           "it, unless `template` puts something there.",
           R"("{instruction}\n\nQ: {input}\nA:\n")"},
          Prompt{}, [](auto& c) -> auto& { return c.tasks.prompt; }),
      field(
          {"tasks", "completion",
           "What the model is to answer, as the loss counts it. Answers are scored against the target alone. Not set: "
           "{target}, or as `template` has it.",
           R"(" {target}")"},
          Completion{}, [](auto& c) -> auto& { return c.tasks.completion; }, Recorded::if_set),
      field(
          {"tasks", "template",
           "A format that stands around every whole prompt, as models of that name were trained with it, for one "
           "question without a system message (docs/formats/tasks.md). It is the adapters' training that decides which "
           "one helps."},
          templates(), [](auto& c) -> auto& { return c.tasks.named_template; }, Recorded::if_set),
      field(
          {"tasks", "limit", "Test examples of a task, its first ones; 0: all."}, Integer<int>{0, 1'000'000'000},
          [](auto& c) -> auto& { return c.tasks.limit; }),
  };
}

std::vector<Field> search_fields() {
  return {
      field(
          {"search", "method",
           "The optimizer; every one evaluates the base model (all weights 0) first. docs/search.md tells them apart. "
           "`auto` is a rule for all of it: it screens the library and searches among the five best, exactly composed "
           "and "
           "guarded, whatever `adapters.select`, `adapters.count`, `composition` and `guard` say. "
           "`given` searches nothing: it evaluates the weights that `weights` names, and answers with them. "
           "`none` searches nothing: it evaluates the base model, for a screen and controls to stand beside."},
          methods(), [](auto& c) -> auto& { return c.search.method; }),
      field(
          {"search", "weights",
           "For method = \"given\": a table with the columns task, seed, adapter, weight, and place for a scope (CSV, "
           "or the same rows as "
           "JSON), of which an empty cell means all; or a results file, whose found weights are taken. "
           "docs/formats/weights.md.",
           "\"weights.csv\""},
          Path{}, [](auto& c) -> auto& { return c.search.weights; }),
      field(
          {"search", "budget",
           "Evaluations of a search, exactly; without meaning for method = \"given\" and \"none\", which have one."},
          Integer<int>{1, 1'000'000}, [](auto& c) -> auto& { return c.search.budget; }),
      field(
          {"search", "population",
           "Candidates of a generation, for `cma`, `sep-cma`, `probe` and `random`; 0: the method's own choice."},
          Integer<int>{0, 65'536}, [](auto& c) -> auto& { return c.search.population; }),
      field(
          {"search", "seeds",
           "One search per task and seed. Where a seed changes nothing (a method without random numbers over adapters "
           "that "
           "are not drawn, one shot_seed), one search per task, with the first."},
          ListOf<Integer<std::uint32_t>>{{0, largest_seed}}, [](auto& c) -> auto& { return c.search.seeds; }),
      field(
          {"search", "bounds", "Of every weight."}, BoundsAroundZero{},
          [](auto& c) -> auto& { return c.search.bounds; }),
      field(
          {"search", "l1", "The objective is the loss + l1 * the mean of the weights' absolute values."}, Number{0},
          [](auto& c) -> auto& { return c.search.l1; }),
      field(
          {"search", "scope",
           "What a search has one number for: an adapter (`model`), an adapter in each of N equal runs of the layers "
           "of "
           "every stack (`groups:N`), or an adapter in all maps of one name, as PEFT calls them: q, v, ... (`maps`)."},
          ScopeOfNumbers{}, [](auto& c) -> auto& { return c.search.scope; }, Recorded::if_set),
      field(
          {"search", "rounds",
           "In how many rounds a search goes. Each has `adapters.count` adapters of its own and an equal share of "
           "`budget`, and starts from what the rounds before it found, whose weights stay. More than one needs "
           "composition = \"exact\"."},
          Integer<int>{1, 1000}, [](auto& c) -> auto& { return c.search.rounds; }, Recorded::if_set),
      field(
          {"search", "composition",
           "`lorahub` sums the factors, s * (sum w_i B_i)(sum w_i A_i), and needs adapters of one shape and scaling; "
           "`exact` sums the changes, "
           "sum w_i s_i B_i A_i."},
          choice_of({Composition::lorahub, Composition::exact}), [](auto& c) -> auto& { return c.search.composition; }),
      field(
          {"search", "loss",
           "`token_mean`: mean over all target tokens of the shots; `lorahub`: that, divided by the number of shots, "
           "as in the reference; "
           "`example_mean`: mean over shots of the mean over their tokens."},
          choice_of({Reduction::lorahub, Reduction::token_mean, Reduction::example_mean}),
          [](auto& c) -> auto& { return c.search.loss; }),
      field(
          {"search", "guard",
           "`leave-one-out` holds what a search found to shots that it did not see: for each shot, the recorded "
           "candidate that is best on the others is judged on it. It answers only if that loss is at most "
           "`guard_ratio` "
           "times the base model's; otherwise the base model does, or the best single adapter where adapters were "
           "tried "
           "alone."},
          choice_of({Guard::none, Guard::leave_one_out}), [](auto& c) -> auto& { return c.search.guard; }),
      field(
          {"search", "guard_ratio", "How good that must be, of the base model's loss, for guard = \"leave-one-out\"."},
          Number{0}, [](auto& c) -> auto& { return c.search.guard_ratio; }),
  };
}

std::vector<Field> predict_fields() {
  return {
      field(
          {"predict", "max_new_tokens", "Where greedy decoding of an answer stops at the latest."},
          Integer<int>{1, 4096}, [](auto& c) -> auto& { return c.predict.max_new_tokens; }),
      field(
          {"predict", "baselines",
           "What is asked for comparison; may be empty. `zero-shot`, `few-shot`: the base model alone. `uniform`: each "
           "search's adapters at equal weights. `best-single`: of a search's adapters (of all that were screened, with "
           "select = \"screened\") the one with the lowest loss alone. `random-adapters`: what the same searches find "
           "over "
           "random adapters with the norms of their adapters; this doubles the searches. Evaluations for these are "
           "outside "
           "the budget."},
          ListOf<OneWord<Subject>>{choice_of({Subject::zero_shot, Subject::few_shot, Subject::uniform,
                                              Subject::best_single, Subject::random_adapters}),
                                   Emptiness::allowed},
          [](auto& c) -> auto& { return c.predict.baselines; }),
      field(
          {"predict", "ablate",
           "Whether what a search found is evaluated once more without each of its adapters, outside the budget."},
          YesOrNo{}, [](auto& c) -> auto& { return c.predict.ablate; }),
      field(
          {"predict", "stop",
           "Texts that end an answer, which is what comes before the first of them. Base models rarely end an answer "
           "themselves.",
           R"(["\n\n", "Q:"])"},
          ListOf<Text>{{}, Emptiness::allowed}, [](auto& c) -> auto& { return c.predict.stop; }, Recorded::if_set),
  };
}

std::vector<Field> results_fields() {
  return {
      field(
          {"results", "composed",
           "Which composed adapters results.h5 holds: of each task the `best` by its shots, `none`, or `all`. "
           "`lorasweep "
           "export` composes the others again."},
          OneWord<ComposedAdaptersKept>{{{"best", ComposedAdaptersKept::best},
                                         {"none", ComposedAdaptersKept::none},
                                         {"all", ComposedAdaptersKept::all}}},
          [](auto& c) -> auto& { return c.results.composed; }),
      field(
          {"results", "texts",
           "Whether results.h5 holds the tasks' texts: inputs and right answers. Answers that were given are there "
           "either way."},
          OneWord<TextsKept>{{{"all", TextsKept::all}, {"none", TextsKept::none}}},
          [](auto& c) -> auto& { return c.results.texts; }),
  };
}

std::vector<Field> run_fields() {
  return {
      field(
          {"run", "out", "The run's directory: journal, results.h5. Also --out."}, Path{},
          [](auto& c) -> auto& { return c.run.out; }),
      field(
          {"run", "workers", "Workers where no mpirun starts any; 0: one per CUDA device, or one per core."},
          Integer<int>{0, 1024}, [](auto& c) -> auto& { return c.run.workers; }),
      field(
          {"run", "threads", "Cores of one worker; 0: one."}, Integer<int>{0, 1024},
          [](auto& c) -> auto& { return c.run.threads; }),
      field(
          {"run", "part", "Do only part K of N of the sweep, balanced by cost; `lorasweep collect` merges the parts."},
          Part{}, [](auto& c) -> auto& { return c.run.part; }),
  };
}

std::vector<Field> slurm_resource_fields() {
  return {
      field(
          {"slurm", "partition", "Not set: the cluster's default.", "\"batch\""}, SlurmWord{},
          [](auto& c) -> auto& { return c.slurm.partition; }),
      field(
          {"slurm", "time",
           "Limit of one job. A sweep may need more: a job that runs out of time puts itself back into the "
           "queue and continues."},
          SlurmTime{}, [](auto& c) -> auto& { return c.slurm.time; }),
      field(
          {"slurm", "array",
           "Independent jobs that the sweep is split over, balanced by cost; a last job collects them. 1: "
           "one job does it all."},
          Integer<int>{1, 10'000}, [](auto& c) -> auto& { return c.slurm.array; }),
      field(
          {"slurm", "array_at_once", "How many jobs of the array may run at a time (--array=1-N%K); 0: SLURM decides."},
          Integer<int>{0, 10'000}, [](auto& c) -> auto& { return c.slurm.array_at_once; }),
      field(
          {"slurm", "nodes", "Nodes of one job."}, Integer<int>{1, 100'000},
          [](auto& c) -> auto& { return c.slurm.nodes; }),
      field(
          {"slurm", "gpus_per_node", "GPUs to ask for on every node; each gets a worker, which sees no other."},
          Integer<int>{0, 64}, [](auto& c) -> auto& { return c.slurm.gpus_per_node; }),
      field(
          {"slurm", "workers_per_node",
           "Ranks that evaluate, on every node; 0: one a GPU, or one. A rank that schedules comes on top."},
          Integer<int>{0, 1024}, [](auto& c) -> auto& { return c.slurm.workers_per_node; }),
      field(
          {"slurm", "cpus_per_task", "Cores of one worker; its threads, unless run.threads says otherwise."},
          Integer<int>{1, 1024}, [](auto& c) -> auto& { return c.slurm.cpus_per_task; }),
      field(
          {"slurm", "memory",
           "Memory of a node (--mem): `auto` predicts the need from the inputs, unless `extra` has a --mem option; "
           "`site` "
           "leaves it to SLURM's default."},
          SlurmMemory{}, [](auto& c) -> auto& { return c.slurm.memory; }),
      field(
          {"slurm", "hint", "What kind of work it is to SLURM (--hint), for instance one process a core.",
           "\"nomultithread\""},
          SlurmWord{}, [](auto& c) -> auto& { return c.slurm.hint; }),
  };
}

std::vector<Field> slurm_job_fields() {
  return {
      field(
          {"slurm", "mail_type", "Events of which SLURM sends mail (--mail-type); a restart ends a job, too.",
           "\"FAIL,TIME_LIMIT\""},
          SlurmWord{}, [](auto& c) -> auto& { return c.slurm.mail_type; }),
      field(
          {"slurm", "mail_user", "Who gets the mail (--mail-user). Not set: the user who submits.",
           "\"me@example.org\""},
          MailAddress{}, [](auto& c) -> auto& { return c.slurm.mail_user; }),
      field(
          {"slurm", "launcher",
           "What starts the ranks: `mpirun` survives the loss of a worker, `srun` (--mpi=pmix) does not."},
          OneWord<Launcher>{{{"mpirun", Launcher::mpirun}, {"srun", Launcher::srun}}},
          [](auto& c) -> auto& { return c.slurm.launcher; }),
      field(
          {"slurm", "max_restarts",
           "How often in a row a job may be started again without a new result. Restarts after a start that brought "
           "one are "
           "free, and so are preemptions."},
          Integer<int>{0, 10'000}, [](auto& c) -> auto& { return c.slurm.max_restarts; }),
      field(
          {"slurm", "signal_before",
           "Seconds before the end of its time that a job stops and saves; `time` must be longer than this and a "
           "minute."},
          Integer<int>{20, 65'535}, [](auto& c) -> auto& { return c.slurm.signal_before; }),
      field(
          {"slurm", "command",
           "The words that start lorasweep on the nodes, for instance in a container. Not set: the program "
           "that submits.",
           "[\"apptainer\", \"exec\", \"lorasweep.sif\", \"lorasweep\"]"},
          ListOf<ShellLine>{{}, Emptiness::allowed, Repetition::allowed},
          [](auto& c) -> auto& { return c.slurm.command; }),
      field(
          {"slurm", "setup", "Shell lines ahead of everything in the job.", "[\"module load openmpi\"]"},
          ListOf<ShellLine>{{}, Emptiness::allowed, Repetition::allowed},
          [](auto& c) -> auto& { return c.slurm.setup; }),
      field(
          {"slurm", "extra", "More options of sbatch.", "[\"--account=abc\", \"--mem=64G\"]"},
          ListOf<SlurmOption>{{}, Emptiness::allowed}, [](auto& c) -> auto& { return c.slurm.extra; }),
  };
}

}  // namespace

const std::vector<Field>& config_fields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> all;
    for (auto part : {model_fields(), adapter_fields(), task_fields(), search_fields(), predict_fields(),
                      results_fields(), run_fields(), slurm_resource_fields(), slurm_job_fields()})
      all.insert(all.end(), part.begin(), part.end());
    for (Field& field : all)
      if (field.section == "model" || field.section == "results" || field.section == "run" || field.section == "slurm")
        field.is_result_setting = false;
    return all;
  }();
  return fields;
}

const Field* find_field(std::string_view section, std::string_view key) {
  const auto& fields = config_fields();
  const auto found = std::ranges::find_if(fields, [&](const Field& f) { return f.section == section && f.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

const std::vector<Section>& config_sections() {
  static const std::vector<Section> sections = {
      {"model", "The base model."},
      {"adapters", "The library of LoRA adapters, and what a search gets of it."},
      {"tasks", "Unseen tasks: what to learn from, what to be scored on."},
      {"search", "How weights are found."},
      {"predict", "How the found models and the base model are tested."},
      {"results", "What the results file holds beside scores. Nothing here changes a result."},
      {"run", "Where the sweep leaves its files, and what it runs on. Nothing here changes a result."},
      {"slurm", "What `lorasweep submit` asks SLURM for. Nothing here changes a result."},
  };
  return sections;
}

nlohmann::ordered_json resolved(const RunConfig& config) {
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const Field& field : config_fields()) all[field.section][field.key] = field.get(config);
  return all;
}

}  // namespace lorasweep

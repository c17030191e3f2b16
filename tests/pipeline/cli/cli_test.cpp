// SPDX-License-Identifier: Apache-2.0
// Exit codes, messages and files of the program's commands.
#include "pipeline/manifest/numerics.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <sstream>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using CommandLine = Program;

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

TEST_F(CommandLine, HelpAndVersionAreDataOnStdout) {
  const CommandResult help = lorasweep({"--help"}), version = lorasweep({"--version"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, Tells({"run", "submit", "Exit codes"}));
  EXPECT_THAT(help.err, IsEmpty());
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, StartsWith("lorasweep "));
}

TEST_F(CommandLine, EveryCommandExplainsItself) {
  for (const std::string command :
       {"init", "validate", "run", "submit", "status", "cancel", "collect", "export", "inspect", "doctor"}) {
    const CommandResult help = lorasweep({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_THAT(help.out, Tells({command})) << command;
  }
}

TEST_F(CommandLine, InitWritesAConfigurationOnceAndItIsUnderstood) {
  const std::string file = (folder / "sweep.toml").string();
  EXPECT_EQ(lorasweep({"init", file}).status, 0);
  const std::string written = text_of(file);
  EXPECT_EQ(lorasweep({"init", file}).status, 2) << "an existing file is not overwritten";
  EXPECT_EQ(text_of(file), written);
  EXPECT_EQ(lorasweep({"init", "-"}).out, written);
  EXPECT_EQ(lorasweep({"init", "-", "--family", "t5"}).out, written);
  EXPECT_THAT(lorasweep({"init", "-", "--family", "causal"}).out,
              Tells({"composition = \"exact\"", "stop = [\"\\n\\n\"]"}));
  EXPECT_EQ(lorasweep({"init", "-", "--family", "llama"}).status, 2);
  // Understood, but there are no such inputs beside it.
  const CommandResult answer = lorasweep({"validate", file});
  EXPECT_EQ(answer.status, 4);
  EXPECT_THAT(answer.err, Tells({"lorasweep: error: "}));
}

TEST_F(CommandLine, ValidateAcceptsTheDemoAndSaysWhatASweepWouldDo) {
  const CommandResult answer = of_demo("validate");
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, Tells({"40", "8 tasks", "5 seeds", "cobyla", "1600", "ok"}));
}

// What `hf download` leaves after a commit upstream.
TEST_F(CommandLine, ValidateCountsTwoSnapshotsOnceAndEndsWithWhatItPassedOver) {
  namespace fs = std::filesystem;
  const fs::path repository = folder / "hub" / "models--lorahub--tiny_flan-bool_v1";
  fs::create_directories(repository / "refs");
  fs::copy(demo / "adapters" / "tiny_flan-bool_v1", repository / "blobs");
  for (const char* commit : {"aaaa", "bbbb"}) {
    fs::create_directories(repository / "snapshots" / commit);
    for (const char* file : {"adapter_config.json", "adapter_model.safetensors"})
      fs::create_symlink(fs::path("../../blobs") / file, repository / "snapshots" / commit / file);
  }
  write("hub/models--lorahub--tiny_flan-bool_v1/refs/main", "bbbb");
  const fs::path file = write("hub.toml", "schema = 1\n[model]\npath = \"" + (demo / "base").string() +
                                              "\"\n[adapters]\ndir = \"hub\"\nselect = \"all\"\n[tasks]\npath = \"" +
                                              (demo / "tasks").string() + "\"\npool = 10\n");
  const CommandResult answer = lorasweep({"validate", file.string()});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, AllOf(Tells({"adapters     1 of 1 per search"}), Tells({"passed over  1"}),
                                Tells({"snapshots/aaaa"}), testing::Not(Tells({"snapshots/bbbb"}))));
  EXPECT_THAT(answer.out, testing::EndsWith("ok\n"));
}

TEST_F(CommandLine, ConfigurationErrorsNameFileLineAndTheNearestKeyAllAtOnce) {
  const auto file = write("bad.toml", "schema = 1\n[search]\nbugdet = 40\nmethod = \"kobyla\"\n[tasks]\nshots = 0\n");
  const CommandResult answer = lorasweep({"validate", file.string()});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, Tells({"bad.toml:3", "budget", "bad.toml:4", "cobyla", "bad.toml:6"}));
}

TEST_F(CommandLine, FlagsWinOverTheFileAndAreChecked) {
  EXPECT_THAT(of_demo("validate", {"--set", "search.budget=7"}).out, Tells({"280", "7 per search"}));
  const CommandResult answer = of_demo("validate", {"--set", "search.budget=seven"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, Tells({"--set search.budget", "seven"}));
}

TEST_F(CommandLine, OneBrokenAdapterAndOneBrokenTaskAreReportedTogether) {
  const auto copied = std::filesystem::copy_options::recursive;
  std::filesystem::copy(demo / "adapters", folder / "adapters", copied);
  std::filesystem::copy(demo / "tasks", folder / "tasks", copied);
  write("adapters/tiny_flan-bool_v2/adapter_model.safetensors", "nonsense");
  write("tasks/queue_size.json", "{\"examples\": [{\"input\": 1}]}");
  const CommandResult answer = of_demo("validate", {"--set", "adapters.dir=" + (folder / "adapters").string(), "--set",
                                                    "tasks.path=" + (folder / "tasks").string()});
  EXPECT_EQ(answer.status, 4);
  EXPECT_THAT(answer.err, Tells({"tiny_flan-bool_v2", "queue_size.json", "2 problems"}));
}

TEST_F(CommandLine, ASmallSweepRunsIsContinuedCollectedAndExported) {
  const std::string out = (folder / "run").string();
  const std::vector<std::string> small = {
      "--out",           out,     "--set",         "tasks.names=queue_size", "--set", "tasks.limit=4", "--set",
      "search.budget=3", "--set", "search.seeds=1"};
  const CommandResult first = of_demo("run", small);
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, Tells({"queue_size", "results: " + out + "/results.h5"}));
  EXPECT_EQ(lorasweep({"run", out}).out, first.out) << "a finished run shows its table again";
  EXPECT_EQ(lorasweep({"collect", out, "-o", (folder / "all.h5").string()}).status, 0);
  EXPECT_EQ(
      lorasweep({"export", (folder / "all.h5").string(), "--format", "csv", "-o", (folder / "tables").string()}).status,
      0);
  EXPECT_THAT(text_of(folder / "tables" / "summary.csv"), Tells({"queue_size"}));
  EXPECT_EQ(
      lorasweep({"export", (folder / "all.h5").string(), "--format", "adapter", "-o", (folder / "found").string()})
          .status,
      0);
  EXPECT_THAT(lorasweep({"status", out}).out, Tells({"evaluations 3/3"}));
  EXPECT_EQ(of_demo("run", {"--resume", "never", "--out", out}).status, 2);
}

TEST_F(CommandLine, TheDoctorSaysWhatIsHere) {
  const CommandResult answer = lorasweep({"doctor"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, Tells({"oneDNN", "CUDA", "NCCL", "Open MPI", "HDF5", "a sweep takes"}));
}

TEST_F(CommandLine, CollectReplacesResultsFilesOnly) {
  const std::string out = (folder / "run").string(), journal = out + "/journal";
  ASSERT_EQ(of_demo("run", {"--out", out, "--set", "tasks.names=queue_size", "--set", "tasks.limit=4", "--set",
                            "search.budget=3", "--set", "search.seeds=1"})
                .status,
            0);
  const std::string before = text_of(journal);
  const CommandResult answer = lorasweep({"collect", out, "-o", journal});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, Tells({journal}));
  EXPECT_EQ(text_of(journal), before);
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(lorasweep({"collect", out, "-o", pipe}).status, 2);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(lorasweep({"collect", out, "-o", (folder / "all.h5").string()}).status, 0);
}

TEST_F(CommandLine, TextThatIsNotUtf8IsRefusedBeforeAnythingIsComputed) {
  const CommandResult answer = of_demo("run", {"--out", (folder / "nu\xff").string()});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, Tells({"UTF-8"}));
  const std::filesystem::path directory = folder / "d\xe9mo";
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "sweep.toml") << "schema = 1\n";
  for (const char* command : {"validate", "run", "submit"}) {
    const CommandResult refused = lorasweep({command, (directory / "sweep.toml").string()});
    EXPECT_EQ(refused.status, 2) << command;
    EXPECT_THAT(refused.err, Tells({"UTF-8"})) << command;
  }
}

TEST_F(CommandLine, AnEmptyDirectoryIsNoDirectory) {
  for (const std::string command : {"run", "submit"}) EXPECT_EQ(of_demo(command, {"--out", ""}).status, 2) << command;
  for (const std::string command : {"collect", "export"})
    EXPECT_EQ(lorasweep({command, folder.string(), "-o", ""}).status, 2) << command;
}

TEST_F(CommandLine, DataThatCannotBeWrittenIsAnError) {
  for (const std::string place : {">/dev/full", ">&-"}) {
    const CommandResult answer =
        run_command({"sh", "-c", std::string(LORASWEEP_PROGRAM) + " init - " + place}, std::chrono::seconds(120));
    EXPECT_EQ(answer.status, 5) << place;
    EXPECT_THAT(answer.err, Tells({"stdout"})) << place;
  }
}

TEST_F(CommandLine, AFileSizeLimitIsAFullDiskAndNotTheEnd) {
  const CommandResult answer = run_command(
      {"sh", "-c",
       "ulimit -f 8; exec " + std::string(LORASWEEP_PROGRAM) + " run " + (demo / "sweep.toml").string() + " --out " +
           (folder / "run").string() + " --set tasks.limit=4 --set search.budget=3 --set search.seeds=1"},
      std::chrono::seconds(120));
  EXPECT_EQ(answer.status, 5);
  EXPECT_THAT(answer.err, Tells({(folder / "run").string(), "File too large"}));
}

TEST_F(CommandLine, AResultsFileWithABitFlippedAnywhereIsReadOrRefused) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer ends the program at HDF5's first wrong step, with an exit code of its own";
#endif
  ASSERT_EQ(of_demo("run", {"--out", folder / "run", "--set", "tasks.names=queue_size", "--set", "tasks.limit=4",
                            "--set", "search.budget=3", "--set", "search.seeds=1"})
                .status,
            0);
  const std::string whole = text_of(folder / "run" / "results.h5");
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < 40; ++i) places.push_back((2 * i + 1) * whole.size() / 80);
  // where texts lie nothing has a checksum, and HDF5 1.10 believes the sizes behind this word
  for (std::size_t heap = whole.find("GCOL"); heap != std::string::npos; heap = whole.find("GCOL", heap + 1))
    for (const std::size_t byte : {8, 9, 24, 25, 26, 31}) places.push_back(heap + byte);
  int refused = 0;
  for (const std::size_t place : places) {
    std::string damaged = whole;
    damaged[place] ^= 0x10;
    const CommandResult answer = lorasweep({"inspect", write("damaged.h5", damaged).string()});
    EXPECT_TRUE(answer.status == 0 || answer.status == 4) << "byte " << place << ": " << answer.status << answer.err;
    EXPECT_EQ(answer.out.empty(), answer.status != 0);
    refused += answer.status == 4;
  }
  EXPECT_GT(refused, 10);
}

TEST_F(CommandLine, WrongFilesAreBadInputNotACrash) {
  for (const std::string command : {"inspect", "status", "cancel"})
    EXPECT_EQ(lorasweep({command, (folder / "nothing").string()}).status, 4) << command;
  EXPECT_THAT(lorasweep({"status", folder.string()}).err, Tells({folder.string()}));
  const auto nonsense = write("nonsense.h5", std::string("\x89HDF\r\n\x1a\n") + std::string(300, '\x7f'));
  EXPECT_EQ(lorasweep({"inspect", nonsense.string()}).status, 4);
  EXPECT_EQ(lorasweep({"export", nonsense.string(), "--format", "csv", "-o", (folder / "t").string()}).status, 4);
  EXPECT_EQ(lorasweep({"collect", nonsense.string(), "-o", (folder / "c.h5").string()}).status, 4);
  EXPECT_FALSE(std::filesystem::exists(folder / "c.h5"));
}

TEST_F(CommandLine, CollectWritesToWhatALinkLeadsTo) {
  const std::string out = (folder / "run").string();
  ASSERT_EQ(of_demo("run", {"--out", out, "--set", "tasks.names=queue_size", "--set", "tasks.limit=4", "--set",
                            "search.budget=3", "--set", "search.seeds=1"})
                .status,
            0);
  std::filesystem::create_directories(folder / "disk");
  const auto collect_to = [&](const std::filesystem::path& file) {
    return lorasweep({"collect", out, "-o", file.string()}).status;
  };
  const auto link = [&](const char* name, const std::filesystem::path& target) {
    std::filesystem::create_symlink(target, folder / name);
    return folder / name;
  };
  const std::string head = "\x89HDF";
  const auto to_nothing = link("first.h5", "disk/results.h5"), through = link("second.h5", "first.h5");
  EXPECT_EQ(collect_to(to_nothing), 0);
  EXPECT_THAT(text_of(folder / "disk/results.h5"), StartsWith(head));
  std::filesystem::remove(folder / "disk/results.h5");
  EXPECT_EQ(collect_to(through), 0);
  EXPECT_THAT(text_of(folder / "disk/results.h5"), StartsWith(head));
  EXPECT_EQ(collect_to(through), 0) << "results may be replaced";
  EXPECT_TRUE(std::filesystem::is_symlink(to_nothing));
  EXPECT_TRUE(std::filesystem::is_symlink(through));

  const std::string journal = text_of(folder / "run/journal");
  EXPECT_EQ(collect_to(link("journal.h5", folder / "run/journal")), 2) << "the same checks as without a link";
  EXPECT_EQ(text_of(folder / "run/journal"), journal);
  EXPECT_EQ(collect_to(link("self.h5", "self.h5")), 2);
  EXPECT_EQ(collect_to(link("directory.h5", "disk")), 2);
  EXPECT_EQ(collect_to(link("device.h5", "/dev/null")), 2);
  EXPECT_EQ(collect_to(link("nowhere.h5", "no/such/directory.h5")), 5);
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    left += entry.path().extension() == ".tmp" ? 1 : 0;
  EXPECT_EQ(left, 0u);
}

TEST_F(CommandLine, ExportWritesThroughLinksAndReplacesFilesOnly) {
  const std::string out = (folder / "run").string(), results = out + "/results.h5";
  ASSERT_EQ(of_demo("run", {"--out", out, "--set", "tasks.names=queue_size", "--set", "tasks.limit=4", "--set",
                            "search.budget=3", "--set", "search.seeds=1"})
                .status,
            0);
  const auto export_to = [&](const std::string& format, const std::filesystem::path& place) {
    return lorasweep({"export", results, "--format", format, "-o", place.string()}).status;
  };
  std::filesystem::create_directories(folder / "disk/found");
  std::filesystem::create_directory_symlink("disk", folder / "tables");
  std::filesystem::create_symlink("../kept.csv", folder / "disk/summary.csv");
  EXPECT_EQ(export_to("csv", folder / "tables"), 0);
  EXPECT_THAT(text_of(folder / "kept.csv"), Tells({"queue_size"}));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "disk/summary.csv"));
  EXPECT_THAT(text_of(folder / "disk/adapters.csv"), StartsWith("adapter,"));

  const std::string pipe = (folder / "disk/summary.jsonl").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(export_to("jsonl", folder / "tables"), 2);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  std::filesystem::create_directories(folder / "found/queue_size/r0/adapter_config.json");
  EXPECT_EQ(export_to("adapter", folder / "found"), 2);
  std::filesystem::create_symlink("nowhere", folder / "dangling");
  EXPECT_EQ(export_to("csv", folder / "dangling"), 5) << "a directory is not made at the end of a link";
}

TEST_F(CommandLine, AMisspeltVariableIsRefusedAndOneThatIsNotLookedAtIsSaid) {
  const auto with = [&](const std::string& variable, const std::string& what) {
    return run_command({"env", variable, LORASWEEP_PROGRAM, "validate", what}, std::chrono::seconds(120));
  };
  const std::string file = (demo / "sweep.toml").string();
  const CommandResult misspelt = with("LORASWEEP_SERACH_BUDGET=80", file);
  EXPECT_EQ(misspelt.status, 2);
  EXPECT_THAT(misspelt.err, Tells({"LORASWEEP_SEARCH_BUDGET?"}));
  const CommandResult other = with("LORASWEEP_ROOT=/opt", file);
  EXPECT_EQ(other.status, 0);
  EXPECT_THAT(other.err, Tells({"LORASWEEP_ROOT"}));
  EXPECT_THAT(with("LORASWEEP_SEARCH_BUDGET=7", file).out, Tells({"7 per search"}));

  const std::string out = (folder / "run").string();
  ASSERT_EQ(of_demo("run", {"--out", out, "--set", "tasks.names=queue_size", "--set", "tasks.limit=4", "--set",
                            "search.budget=3", "--set", "search.seeds=1"})
                .status,
            0);
  const CommandResult continued = with("LORASWEEP_SEARCH_BUDGET=7", out);
  EXPECT_EQ(continued.status, 0);
  EXPECT_THAT(continued.out, Tells({"3 per search"}));
  EXPECT_THAT(continued.err, Tells({"LORASWEEP_SEARCH_BUDGET"}));
}

TEST_F(CommandLine, InputsThatAreCutAreSaidByEveryCommandAndInTheResults) {
  // Sixteen examples, two of 3,000 words: one becomes a shot.
  std::filesystem::create_directories(folder / "tasks");
  std::filesystem::copy_file(std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "long_inputs/long.json",
                             folder / "tasks/long.json");
  const std::string out = (folder / "run").string();
  const auto said = [&](const std::string& command, const std::string& baselines) {
    return of_demo(command,
                   {"--set", "tasks.path=" + (folder / "tasks").string(), "--set", "tasks.names=*", "--set",
                    "search.budget=3", "--set", "search.seeds=1", "--set", "adapters.count=2", "--set",
                    "predict.max_new_tokens=4", "--set", "predict.baselines=" + baselines, "--set", "run.out=" + out});
  };
  const auto names_them = Tells({"task long", "1 of the shots", "1 of the test set", "2048"});
  const CommandResult validated = said("validate", "[]"), run = said("run", "[]");
  EXPECT_EQ(validated.status, 0) << validated.err;
  EXPECT_THAT(validated.err, names_them);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, names_them);
  EXPECT_THAT(said("validate", "few-shot").err, Tells({"6 of the few-shot prompts"})) << "each has the long shot";
  for (const std::string& place : {out, out + "/journal", out + "/results.h5"}) {
    const auto found = nlohmann::json::parse(lorasweep({"inspect", "--json", place}).out);
    EXPECT_EQ(found["cut_inputs"], (nlohmann::json{{"long", {{"shots", 1}, {"test", 1}}}})) << place;
    EXPECT_EQ(found["numerics"]["dtype"], "f32") << place;
    EXPECT_EQ(found["numerics"]["revision"], numerics_revision(Composition::lorahub)) << place;
    EXPECT_THAT(found["numerics"]["device"].get<std::string>(), Tells({"cpu"})) << place;
    EXPECT_FALSE(found["numerics"]["check"].get<std::string>().empty()) << place;
  }
  ASSERT_EQ(lorasweep({"export", out + "/results.h5", "--format", "jsonl", "-o", (folder / "t").string()}).status, 0);
  const std::string evaluations = text_of(folder / "t/evaluations.jsonl");
  const auto first = nlohmann::json::parse(evaluations.substr(0, evaluations.find('\n')));
  EXPECT_NEAR(first["loss"].get<double>(), 0.525640, 2e-6) << "the loss of the base model that transformers gives";
  std::istringstream predictions(text_of(folder / "t/predictions.jsonl"));
  int cut = 0, rows = 0;
  for (std::string line; std::getline(predictions, line); ++rows)
    cut += nlohmann::json::parse(line)["input_cut"] == "yes" ? 1 : 0;
  EXPECT_EQ(rows, 6);
  EXPECT_EQ(cut, 1);
}

TEST_F(CommandLine, ThreadsThatShareACoreAreSaid) {
  const std::vector<std::string> small = {"--set", "tasks.names=queue_size", "--set", "tasks.limit=2",
                                          "--set", "search.budget=2",        "--set", "search.seeds=1"};
  const auto on_one_core = [&](const std::string& threads) {
    std::vector<std::string> words = {"sh", "-c",
                                      // the first core that this process may use
                                      "exec taskset -c $(taskset -cp $$ | sed 's/.*: //; s/[-,].*//') \"$@\"", "sh",
                                      LORASWEEP_PROGRAM, "run", (demo / "sweep.toml").string(), "--out",
                                      (folder / ("run" + threads)).string(), "--set", "run.workers=1", "--set",
                                      "run.threads=" + threads};
    words.insert(words.end(), small.begin(), small.end());
    return run_command(words, std::chrono::seconds(120));
  };
  const CommandResult two = on_one_core("2"), one = on_one_core("1");
  EXPECT_EQ(two.status, 0) << two.err;
  EXPECT_THAT(two.err, Tells({"2 threads on 1 core", "run.threads"}));
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_THAT(one.err, Not(Tells({"share cores"})));
}

}  // namespace
}  // namespace lorasweep

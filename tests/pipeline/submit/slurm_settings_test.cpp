// SPDX-License-Identifier: Apache-2.0
// What may stand in [slurm]: nothing that could end a line of a script, or be another option.
#include "data/core/error.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/config/load_config.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

std::string refusal(const std::string& key, const nlohmann::ordered_json& value) {
  RunConfig config;
  return find_field("slurm", key)->set(config, value, "/");
}

TEST(SlurmSettings, TakeWhatSlurmTakes) {
  for (const std::string time : {"5", "90:00", "04:00:00", "2-12", "2-12:30", "2-12:30:15"})
    EXPECT_EQ(refusal("time", time), "") << time;
  for (const std::string partition : {"gpu", "gpu_a100,gpu.h100", "long-1"})
    EXPECT_EQ(refusal("partition", partition), "") << partition;
  for (const std::string option :
       {"--account=abc", "--exclusive", "--mem=64G", "--comment=two words; and $more", "--constraint=[a|b]"})
    EXPECT_EQ(refusal("extra", nlohmann::ordered_json::array({option})), "") << option;
  EXPECT_EQ(refusal("setup", nlohmann::ordered_json::array({"module load a; export B=\"$C\""})), "");
}

TEST(SlurmSettings, TakeAWordOfACommandAsOftenAsItIsThere) {
  const auto words =
      nlohmann::ordered_json::array({"apptainer", "exec", "--bind", "/a", "--bind", "/b", "x.sif", "lorasweep"});
  EXPECT_EQ(refusal("command", words), "");
  EXPECT_EQ(refusal("setup", nlohmann::ordered_json::array({"fi", "fi"})), "");
  EXPECT_NE(refusal("extra", nlohmann::ordered_json::array({"--hold", "--hold"})), "");
}

TEST(SlurmSettings, TakeMemoryHintAndMail) {
  for (const std::string memory : {"auto", "site", "64G", "900M", "0", "123456"})
    EXPECT_EQ(refusal("memory", memory), "") << memory;
  for (const std::string memory : {"", "lots", "64GB", "6.5G", "-1", "64g;", "12345678901"})
    EXPECT_NE(refusal("memory", memory), "") << memory;
  for (const std::string mail : {"me@example.org", "a.b+c@example.org,d@example.org", "me"})
    EXPECT_EQ(refusal("mail_user", mail), "") << mail;
  for (const std::string mail : {"", "a b@example.org", "-x@y", "a@b\n--x", "\"a\"@b", "$a@b"})
    EXPECT_NE(refusal("mail_user", mail), "") << mail;
  EXPECT_EQ(refusal("mail_type", "FAIL,TIME_LIMIT_90"), "");
  EXPECT_EQ(refusal("hint", "nomultithread"), "");
  EXPECT_NE(refusal("hint", "no multithread"), "");
}

TEST(SlurmSettings, RefuseWhatCouldMeanMore) {
  for (const std::string time : {"", "soon", "1:2:3:4", "5\n#SBATCH --x", "-1", "5;", "UNLIMITED", "1-"})
    EXPECT_NE(refusal("time", time), "") << time;
  for (const std::string partition : {"a b", "a\nb", "a;b", "-p", "a\"b", "$a"})
    EXPECT_NE(refusal("partition", partition), "") << partition;
  for (const std::string option : {"account=abc", "-A abc", "--mem=1\n--x", "--comment=\"a\"", "--comment='a'",
                                   "--a\\b", "--Wrap=a", "a;b", "--", "--mem=ü"})
    EXPECT_NE(refusal("extra", nlohmann::ordered_json::array({option})), "") << option;
  for (const std::string line : {"a\nb", "a\rb", ""}) {
    EXPECT_NE(refusal("setup", nlohmann::ordered_json::array({line})), "") << line;
    EXPECT_NE(refusal("command", nlohmann::ordered_json::array({line})), "") << line;
  }
}

TEST(SlurmSettings, RefuseOptionsThatLorasweepSetsItself) {
  for (const std::string option :
       {"--array=1-3", "--job-name=x", "--output=x", "--requeue", "--no-requeue", "--signal=USR2", "--nodes=2"})
    EXPECT_NE(refusal("extra", nlohmann::ordered_json::array({option})), "") << option;
}

TEST(WrittenConfig, LoadsToTheSameWhereverItLies) {
  RunConfig config;
  config.model.path = "/models/base";
  config.adapters.dir = "/adapters";
  config.tasks.path = "/tasks";
  config.tasks.prompt = "Q: \"{input}\"\n\tA\\:";
  config.tasks.pool = 10;
  config.search.seeds = {7, 3};
  config.run.out = "/runs/a b";
  config.slurm.partition = "gpu";
  config.slurm.setup = {"module load 'a'"};
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("sweep.toml", written_config(config));
  EXPECT_EQ(load_config({.file = file, .environment = {}, .flags = {}}).config, config);
}

}  // namespace
}  // namespace lorasweep

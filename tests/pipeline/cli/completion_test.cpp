// SPDX-License-Identifier: Apache-2.0
// What shells complete, asked of the shell itself; and that no option is missing from any of the pages.
#include "tests/pipeline/cli/program.h"

#include <gmock/gmock.h>

#include <regex>
#include <sstream>

namespace lorasweep {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Completion : public Program {
 protected:
  /// What bash offers for the last of these words.
  static std::vector<std::string> offered(const std::vector<std::string>& words) {
    std::string line = "source <(" LORASWEEP_PROGRAM " completion bash); COMP_WORDS=(lorasweep";
    for (const std::string& word : words) line += " '" + word + "'";
    line += "); COMP_CWORD=" + std::to_string(words.size()) +
            "; _lorasweep 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"";
    std::istringstream answer(run_command({"bash", "-c", line}, std::chrono::seconds(60)).out);
    std::vector<std::string> all;
    for (std::string one; std::getline(answer, one);)
      if (!one.empty()) all.push_back(one);
    return all;
  }
};

TEST_F(Completion, OffersCommandsOptionsAndTheirWords) {
  EXPECT_THAT(offered({"va"}), UnorderedElementsAre("validate"));
  EXPECT_THAT(offered({"run", "--resu"}), UnorderedElementsAre("--resume"));
  EXPECT_THAT(offered({"run", "x.toml", "--resume", ""}), UnorderedElementsAre("auto", "require", "never"));
  EXPECT_THAT(offered({"run", "--set", "search.bu"}), UnorderedElementsAre("search.budget="));
  EXPECT_THAT(offered({"help", "doc"}), UnorderedElementsAre("doctor"));
  EXPECT_THAT(offered({"zebra", "--x"}), IsEmpty());
}

TEST_F(Completion, KnowsEveryOptionThatTheHelpOfACommandShows) {
  const std::string man = lorasweep({"completion", "man"}).out, zsh = lorasweep({"completion", "zsh"}).out;
  EXPECT_THAT(man, HasSubstr(".SH NAME\nlorasweep \\- "));
  EXPECT_THAT(zsh, testing::StartsWith("#compdef lorasweep\n"));
  const std::regex option("--[a-z][a-z-]+");
  for (const std::string command : {"run", "submit", "status", "collect", "export"}) {
    const std::string help = lorasweep({"help", command}).out;
    const std::string list = help.substr(help.find("Options:"), help.find("Example") - help.find("Options:"));
    const auto known = offered({command, "--"});
    for (std::sregex_iterator found(list.begin(), list.end(), option), end; found != end; ++found) {
      EXPECT_THAT(known, Contains(found->str())) << command;
      EXPECT_THAT(zsh, HasSubstr(found->str() + "[")) << command;
      EXPECT_THAT(man, HasSubstr(std::regex_replace(found->str(), std::regex("-"), "\\-"))) << command;
    }
  }
}

TEST_F(Completion, HasNoLineThatManTakesForAMacroOfItsOwn) {
  std::istringstream man(lorasweep({"completion", "man"}).out);
  const std::regex macro(R"(\.(TH|SH|SS|TP|P|B|nf|fi)( .*)?)");
  for (std::string line; std::getline(man, line);)
    if (line.starts_with('.')) EXPECT_TRUE(std::regex_match(line, macro)) << line;
}

TEST_F(Completion, OfNobodyIsRefused) { EXPECT_EQ(lorasweep({"completion", "fish"}).status, 2); }

}  // namespace
}  // namespace lorasweep

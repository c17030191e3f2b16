// SPDX-License-Identifier: Apache-2.0
// What `lorasweep inspect` says of each kind of file.
#include "data/core/file.h"
#include "tests/pipeline/cli/program.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Inspect : public Program {
 protected:
  std::string said_of(const std::filesystem::path& path) const {
    const CommandResult answer = lorasweep({"inspect", path.string()});
    EXPECT_EQ(answer.status, 0) << answer.err;
    return answer.out;
  }
};

TEST_F(Inspect, KnowsModelsAdaptersLibrariesTokenizersAndTasks) {
  EXPECT_THAT(said_of(demo / "base"), AllOf(HasSubstr("T5 model"), HasSubstr("702016")));
  EXPECT_THAT(said_of(demo / "base" / "spiece.model"), HasSubstr("sentencepiece model"));
  EXPECT_THAT(said_of(demo / "base" / "model.safetensors"),
              AllOf(HasSubstr("safetensors"), HasSubstr("lm_head.weight")));
  EXPECT_THAT(said_of(demo / "adapters"), AllOf(HasSubstr("adapter library"), HasSubstr("31")));
  EXPECT_THAT(said_of(demo / "adapters" / "tiny_flan-bool_v1"), AllOf(HasSubstr("LoRA adapter"), HasSubstr("rank")));
  EXPECT_THAT(said_of(demo / "adapters" / "tiny_flan-bool_v1" / "adapter_model.bin"), HasSubstr("torch archive"));
  EXPECT_THAT(said_of(demo / "tasks"), HasSubstr("task suite"));
  EXPECT_THAT(said_of(demo / "tasks" / "queue_size.json"), AllOf(HasSubstr("BBH task"), HasSubstr("110")));
}

TEST_F(Inspect, ShowsAModelsChatTemplateAsText) {
  const std::filesystem::path model = folder / "chat";
  std::filesystem::copy(demo / "causal" / "base", model, std::filesystem::copy_options::recursive);
  EXPECT_THAT(said_of(model), testing::Not(HasSubstr("chat_template")));
  auto config = nlohmann::json::parse(read_file(model / "tokenizer_config.json", 1u << 20));
  config["chat_template"] = "{% for m in messages %}\n{{ m }}\x1b[2J{% endfor %}";
  write_file_atomically(model / "tokenizer_config.json", config.dump());
  const std::string shown = said_of(model);
  EXPECT_THAT(shown, AllOf(HasSubstr("chat_template"), HasSubstr("{% for m in messages %}"), HasSubstr("{{ m }}")));
  EXPECT_THAT(shown, testing::Not(HasSubstr("\x1b"))) << "nothing of a stranger's text steers the terminal";
  config["chat_template"] = {{{"name", "default"}, {"template", "one"}}, {{"name", "tool_use"}, {"template", "two"}}};
  write_file_atomically(model / "tokenizer_config.json", config.dump());
  EXPECT_THAT(said_of(model), AllOf(HasSubstr("one"), HasSubstr("chat_template tool_use"), HasSubstr("two")));
  write("chat/chat_template.jinja", "the file decides");
  EXPECT_THAT(said_of(model), HasSubstr("the file decides"));
  std::filesystem::remove(model / "chat_template.jinja");
  config["chat_template"] = 3;
  write_file_atomically(model / "tokenizer_config.json", config.dump());
  EXPECT_EQ(lorasweep({"inspect", model.string()}).status, 4);
}

TEST_F(Inspect, SaysMoreToPrograms) {
  const CommandResult answer = lorasweep({"inspect", "--json", (demo / "base").string()});
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.out, AllOf(HasSubstr("\"kind\": \"T5 model\""), HasSubstr("\"d_model\": 96")));
}

TEST_F(Inspect, RefusesWhatItDoesNotKnow) {
  const CommandResult answer = lorasweep({"inspect", write("letter.txt", "dear reader").string()});
  EXPECT_EQ(answer.status, 4);
  EXPECT_THAT(answer.err, AllOf(HasSubstr("letter.txt"), HasSubstr("not a file that lorasweep knows")));
}

}  // namespace
}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// What `lorasweep inspect` says of each kind of file.
#include "tests/pipeline/cli/program.h"

#include <gmock/gmock.h>

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

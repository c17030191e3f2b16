// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/resume_option.h"

#include "pipeline/cli/one_of.h"

#include <map>

namespace lorasweep {

void add_resume_option(CLI::App& command, ResumeMode& resume, const std::string& what) {
  const std::map<std::string, ResumeMode> modes = {
      {"auto", ResumeMode::automatic}, {"require", ResumeMode::require}, {"never", ResumeMode::never}};
  command
      .add_option("--resume", resume,
                  "auto: continue the " + what +
                      " in the directory if there is one; require: it must be there; never: it must not")
      ->transform(one_of(modes))
      ->type_name("auto|require|never")
      ->default_str("auto");
}

}  // namespace lorasweep

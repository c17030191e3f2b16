// SPDX-License-Identifier: Apache-2.0
// A sweep before it runs as one JSON document: `validate --json`, `run -n --json` (docs/json.md).
#pragma once

#include "data/core/error.h"
#include "pipeline/cli/prediction.h"
#include "pipeline/config/config.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"

#include <functional>
#include <string>
#include <vector>

namespace lorasweep {

/// Of a sweep that can run; `inputs` must be complete. `schema`: the document's form.
std::string sweep_json(const std::string& schema, const RunConfig& config, const SweepInputs& inputs, const Plan& plan,
                       const Prediction& prediction, const std::vector<std::string>& warnings);

/// Of one that cannot.
std::string problems_json(const std::string& schema, const std::vector<std::string>& problems,
                          const std::vector<std::string>& warnings);

/// Does `work`, which prints a document of `schema` if it ends without an error. An Error prints one with its problems,
/// and goes on its way. An empty schema: only does it.
ExitCode with_document(const std::string& schema, const std::function<ExitCode()>& work);

}  // namespace lorasweep

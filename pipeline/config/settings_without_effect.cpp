// SPDX-License-Identifier: Apache-2.0
// A line for each pair of settings of which one makes the other idle.
#include "pipeline/config/settings_without_effect.h"

namespace lorasweep {

std::vector<std::string> settings_without_effect(const RunConfig& config) {
  const RunConfig defaults;
  const AdaptersConfig& adapters = config.adapters;
  const SlurmConfig& slurm = config.slurm;
  std::vector<std::string> idle;
  const bool counted = adapters.select == AdapterSelection::random || adapters.select == AdapterSelection::screened;
  if (!counted && adapters.count != defaults.adapters.count)
    idle.emplace_back("adapters.count has no effect: it counts with adapters.select = \"random\" or \"screened\" only");
  if (adapters.select == AdapterSelection::named && !adapters.list.empty())
    idle.emplace_back("adapters.list has no effect: with adapters.select = \"named\", adapters.names is the library");
  if (slurm.array == 1 && slurm.array_at_once != defaults.slurm.array_at_once)
    idle.emplace_back("slurm.array_at_once has no effect: slurm.array is 1, and one job does it all");
  if (!slurm.mail_user.empty() && slurm.mail_type.empty())
    idle.emplace_back("slurm.mail_user has no effect: without slurm.mail_type there is no mail");
  return idle;
}

}  // namespace lorasweep

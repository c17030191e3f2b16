// SPDX-License-Identifier: Apache-2.0
// Options that commands share which show what a sweep found.
#pragma once

#include "pipeline/cli/one_of.h"
#include "pipeline/collect/scores.h"
#include "pipeline/outcome/outcome_table.h"

#include <CLI/App.hpp>

#include <map>
#include <string>

namespace lorasweep {

/// `target` must outlive the parsing.
inline void add_scoring_option(CLI::App& command, Scoring& target) {
  const std::map<std::string, Scoring> words = {{"lorahub", Scoring::lorahub}, {"lmeval", Scoring::lmeval}};
  command
      .add_option("--scoring", target,
                  "What counts as right: LoraHub's rule, or exact match ignoring case and punctuation")
      ->transform(one_of(words))
      ->type_name("lorahub|lmeval")
      ->default_str("lorahub");
}

inline void add_format_option(CLI::App& command, TableFormat& target) {
  const std::map<std::string, TableFormat> words = {{"text", TableFormat::text},
                                                    {"markdown", TableFormat::markdown},
                                                    {"latex", TableFormat::latex},
                                                    {"csv", TableFormat::csv},
                                                    {"json", TableFormat::json}};
  command.add_option("--format", target, "How to lay it out")
      ->transform(one_of(words))
      ->type_name("text|markdown|latex|csv|json")
      ->default_str("text");
}

}  // namespace lorasweep

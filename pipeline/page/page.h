// SPDX-License-Identifier: Apache-2.0
// `lorasweep report`: one HTML file that needs nothing else: no network, no library, no other file.
#pragma once

#include "data/results/spectrum.h"
#include "pipeline/outcome/compare.h"
#include "pipeline/page/section.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// How a report begins: by this it is known again.
inline constexpr const char* page_start = "<!DOCTYPE html>\n<!-- lorasweep report -->\n";

struct PageOptions {
  ShownAnswers answers = ShownAnswers::changed;
  Scoring scoring = Scoring::lorahub;
};

/// The report. Several files are compared, each against the first; InputError if they cannot be (compare.h).
/// `spectra`: of each file, where it has one; may be left out.
std::string page(const std::vector<NamedResults>& files, const PageOptions& options,
                 const std::vector<std::optional<Spectrum>>& spectra = {});

/// Writes it to `output`, whole or not at all. ConfigError if something is there that is not a report.
void write_page(const std::string& html, const std::filesystem::path& output);

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/strangers.h"

#include "pipeline/cli/own_process.h"
#include "pipeline/outcome/open_results.h"

#include <cstddef>
#include <exception>
#include <iostream>

namespace lorasweep {
namespace {

ExitCode try_to_open(const std::filesystem::path& file) {
  try {
    open_results(file, TextsKept::none);
    return ExitCode::ok;
  } catch (const Error& error) {
    std::cerr << "lorasweep: error: " << error.what() << "\n";
    return error.code();
  } catch (const std::exception& error) {
    std::cerr << "lorasweep: error: " << file.string() << ": " << error.what() << "\n";
    return ExitCode::internal;
  }
}

}  // namespace

std::optional<ExitCode> first_unreadable_of_others(const std::vector<std::filesystem::path>& files) {
  for (std::size_t i = 1; i < files.size(); ++i)
    if (const ExitCode code = in_own_process(files[i], [&] { return try_to_open(files[i]); }); code != ExitCode::ok)
      return code;
  return std::nullopt;
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// What a file or directory is, recognised by content, and what it says of itself. Nothing in it is executed.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>

namespace lorasweep {

using Inspection = nlohmann::ordered_json;  ///< an object; "kind" comes first: "LoRA adapter", "run", ...

/// InputError for what does not exist, is damaged, or is of no kind that lorasweep knows.
Inspection inspect(const std::filesystem::path& path);

// The parts of it.
Inspection inspect_directory(const std::filesystem::path& directory);
Inspection inspect_file(const std::filesystem::path& file);
/// An adapter's own directory.
Inspection inspect_adapter(const std::filesystem::path& directory);
/// A row an adapter below `directory`: what it says of itself, whether it can be read, and if not, why.
Inspection library_rows(const std::filesystem::path& directory);
/// `where`: a run directory or a journal.
Inspection inspect_run(const std::filesystem::path& where);
Inspection inspect_results(const std::filesystem::path& file);

}  // namespace lorasweep

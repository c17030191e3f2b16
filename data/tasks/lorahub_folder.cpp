// SPDX-License-Identifier: Apache-2.0
// Reads the three files of a LoraHub task folder.
#include "data/tasks/lorahub_folder.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/tasks/example_row.h"
#include "data/tasks/jsonl.h"
#include "data/tasks/scoring.h"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

namespace lorasweep {
namespace {

constexpr std::size_t file_bytes = 64u << 20;
constexpr std::array files = {"example.jsonl", "zero_shot.jsonl", "few_shot.jsonl"};

std::vector<TextExample> read_rows(const std::filesystem::path& file) {
  constexpr ExampleKeys keys{.input = "context", .target = "completion"};
  std::vector<TextExample> rows;
  parse_jsonl(read_file(file, file_bytes), file.string(),
              [&](const nlohmann::ordered_json& document, const std::string& where) {
                const auto place = static_cast<std::int32_t>(rows.size());
                rows.push_back(read_example(document, keys, where));
                rows.back().place = place;
              });
  return rows;
}

void require_file(const std::filesystem::path& file, const char* meaning, const char* remedy) {
  if (!is_there(file)) throw InputError(file.string(), std::string("is missing: it holds ") + meaning, remedy);
}

/// The few-shot baseline is scored row by row beside the zero-shot one: both files must hold the same
/// test examples.
void check_pairing(const LorahubFolder& folder, const std::filesystem::path& file) {
  const auto &zero = folder.zero_shot, &few = folder.few_shot;
  if (few.size() != zero.size())
    throw InputError(
        file.string(),
        "has " + std::to_string(few.size()) + " examples, zero_shot.jsonl has " + std::to_string(zero.size()),
        "both hold the same test examples in the same order");
  for (std::size_t i = 0; i < zero.size(); ++i)
    if (!correct_lorahub(few[i].target, zero[i].target))  // space at the ends does no harm
      throw InputError(file.string(),
                       "example " + std::to_string(i + 1) + " has the completion \"" + few[i].target +
                           "\", in zero_shot.jsonl it is \"" + zero[i].target + '"',
                       "both hold the same test examples in the same order");
}

}  // namespace

bool is_lorahub_folder(const std::filesystem::path& folder) {
  return std::any_of(files.begin(), files.end(), [&](const char* name) {
    std::error_code ignored;
    return std::filesystem::exists(folder / name, ignored);
  });
}

bool is_lorahub_file(const std::filesystem::path& file) {
  return std::find(files.begin(), files.end(), file.filename()) != files.end();
}

LorahubFolder read_lorahub_folder(const std::filesystem::path& path, FewShotPrompts few_shot) {
  require_file(path / files[0], "the examples to learn from",
               "a line of it is {\"context\": ..., \"completion\": ...}");
  require_file(path / files[1], "the test set", "a line of it is {\"context\": ..., \"completion\": ...}");
  LorahubFolder folder{.examples = read_rows(path / files[0]), .zero_shot = read_rows(path / files[1]), .few_shot = {}};
  if (few_shot == FewShotPrompts::if_there && !is_there(path / files[2])) return folder;
  require_file(path / files[2], "the test set with answered examples in front, for the few-shot baseline",
               "take few-shot out of predict.baselines to do without it");
  folder.few_shot = read_rows(path / files[2]);
  check_pairing(folder, path / files[2]);
  return folder;
}

}  // namespace lorasweep

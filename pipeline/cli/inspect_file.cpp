// SPDX-License-Identifier: Apache-2.0
// Single files: weights, sentencepiece models, tasks, journals, results.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/foreign_content.h"
#include "data/formats/open_weights.h"
#include "data/journal/journal_frame.h"
#include "data/tasks/bbh_json.h"
#include "data/tokenizer/model_check.h"
#include "pipeline/cli/inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace lorasweep {
namespace {

constexpr std::size_t most_text_bytes = 64u << 20;
constexpr std::string_view hdf5_magic = "\x89HDF\r\n\x1a\n";
constexpr std::string_view zip_magic = "PK\x03\x04";

std::string first_bytes(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  std::string head(std::min<std::uint64_t>(file.size(), 64), '\0');
  file.read(0, std::as_writable_bytes(std::span(head)));
  return head;
}

Inspection inspect_weights(const std::filesystem::path& file, const char* kind) {
  const auto weights = open_weights(file);
  Inspection found = {{"kind", kind}, {"tensors", weights->tensors().size()}};
  for (const TensorInfo& tensor : weights->tensors())
    found["table"].push_back(fmt::format("{} {} {}", tensor.name, name_of(tensor.dtype), describe_shape(tensor.shape)));
  return found;
}

Inspection inspect_sentencepiece(const std::filesystem::path& file) {
  const std::string bytes = read_file(file, most_text_bytes);
  check_sentencepiece_model(bytes, file.string());
  return {{"kind", "sentencepiece model"}, {"bytes", bytes.size()}};
}

Inspection inspect_bbh_task(const std::filesystem::path& file) {
  return {{"kind", "BBH task"},
          {"examples", parse_bbh_json(read_file(file, most_text_bytes), file.string()).examples.size()}};
}

bool is_safetensors(const std::string& head) { return head.size() > 8 && head[8] == '{' && head[7] == '\0'; }

}  // namespace

Inspection inspect_file(const std::filesystem::path& file) {
  const std::string head = first_bytes(file);
  if (head.starts_with(journal_magic)) return inspect_run(file);
  if (head.starts_with(hdf5_magic)) return inspect_results(file);
  if (is_safetensors(head)) return inspect_weights(file, "safetensors");
  if (head.starts_with(zip_magic)) return inspect_weights(file, "torch archive");
  if (const auto name = file.filename(); name == "config.json" || name == "adapter_config.json")
    return inspect_directory(std::filesystem::absolute(file).parent_path());
  if (const std::string_view text = without_byte_order_mark(head); text.starts_with('{') || text.starts_with('['))
    return inspect_bbh_task(file);
  if (file.extension() == ".model") return inspect_sentencepiece(file);
  refuse_foreign_content(head, file.string());
  throw InputError(file.string(),
                   "is not a file that lorasweep knows: weights, sentencepiece model, BBH task, journal or results",
                   "");
}

Inspection inspect(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    throw InputError(path.string(), "there is no such file or directory", "check the path");
  Inspection found = std::filesystem::is_directory(path) ? inspect_directory(path) : inspect_file(path);
  found["path"] = path.string();
  return found;
}

}  // namespace lorasweep

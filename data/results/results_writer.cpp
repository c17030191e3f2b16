// SPDX-License-Identifier: Apache-2.0
// Writes the tables, the composed adapters, the provenance, and the digest over them; then reads it all back.
#include "data/results/results_writer.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/results/composed_index.h"
#include "data/results/composed_writer.h"
#include "data/results/hdf5_file.h"
#include "data/results/plain_text.h"
#include "data/results/results_check.h"
#include "data/results/results_schema.h"
#include "data/results/results_sink.h"
#include "data/results/results_with_tables.h"
#include "data/results/written_content.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lorasweep {
namespace {

// The file while it is written: removed unless it got its final name.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& beside)
      : path_(fmt::format("{}.{}.tmp", beside.string(), ::getpid())) {}
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_root(ResultsSink& sink, const SweepResults& results) {
  sink.text("/", "format", results_format);
  sink.text("/", "schema_version", results.summary.place.empty() ? results_schema_version : schema_version_of_places);
  sink.text("/", "Conventions", results_conventions);
  sink.text("/", "title", results.title);
  sink.text("/", "created_utc", results.created_utc);
  sink.text("/", "run_uuid", results.run_uuid);
  sink.attribute("/", "complete", scalar(static_cast<std::int8_t>(results.complete)));
  sink.attribute("/", "n_units", scalar(results.n_units));
  sink.attribute("/", "n_failed", scalar(results.n_failed));
}

// `results` fit together and are sorted. `more`: tables beside theirs.
void write_file(ResultsSink& sink, SweepResults& results, const std::vector<Table>& more) {
  write_root(sink, results);
  for (const Table& table : result_tables(results)) sink.table(table);
  for (const Table& table : more) sink.table(table);
  std::ranges::sort(results.composed, {}, [](const ComposedModel& m) { return std::pair(m.task_index, m.replicate); });
  write_composed(sink, results);
  sink.group("/provenance");
  for (const auto& [name, text] : results.provenance) sink.dataset("/provenance/" + name, scalar(plain_text(text)));
  sink.text("/", "content_sha256", sink.content_sha256());
  sink.close();
}

void write_and_compare(SweepResults& results, const std::vector<Table>& more, const std::filesystem::path& path,
                       const ReadBack& read_back) {
  ResultsSink sink(path);
  write_file(sink, results, more);
  std::string different;
  const auto refuse = [](const Error& error) {
    throw StorageError(error.where(), "what was written cannot be read back: " + error.problem(),
                       "check the free space and the health of its file system, then make the file with `lorasweep "
                       "collect`: the journal has everything");
  };
  try {
    different = read_back(path, sink.written());
  } catch (const InputError& error) {  // nobody's input: it was written just now
    refuse(error);
  } catch (const StorageError& error) {
    refuse(error);
  }
  if (!different.empty())
    throw StorageError(path.string(), different + " was read back with other values than were written",
                       "the file system is not to be trusted: write to another one");
}

std::uint64_t bytes_needed(SweepResults& results, const std::vector<Table>& more) {
  constexpr std::uint64_t per_object = 4096;
  std::uint64_t bytes = 1 << 20;
  std::vector<Table> tables = result_tables(results);
  tables.insert(tables.end(), more.begin(), more.end());
  for (const Table& table : tables)
    for (const Column& column : table.columns)
      std::visit(
          [&]<typename T>(const std::vector<T>* values) {
            bytes += per_object;
            if constexpr (std::is_same_v<T, std::string>)
              for (const std::string& text : *values) bytes += text.size() + 32;
            else
              bytes += values->size() * sizeof(T);
          },
          column.values);
  for (const ComposedModel& model : results.composed)
    bytes += (count_of_values(model) + composed_row) * sizeof(float) + model.adapter_config.size() + per_object;
  for (const auto& [name, text] : results.provenance) bytes += text.size() + per_object;
  return bytes;
}

// HDF5 takes a full disk badly, so the room is asked for first; where a file system cannot say, it is tried.
void require_room(const std::filesystem::path& path, std::uint64_t bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool failed = descriptor < 0 || (::fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) != 0 &&
                                         errno != EOPNOTSUPP && errno != ENOSYS);
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (failed)
    throw StorageError(path.string(),
                       fmt::format("no room for a results file of about {} MB: {}", bytes >> 20, std::strerror(error)),
                       "free space or name another place, then make the file with `lorasweep collect`: the journal has "
                       "everything");
}

}  // namespace

std::string read_back_here(const std::filesystem::path& path, const WrittenContent& written) {
  Hdf5File file = Hdf5File::open(path);
  std::string different = written.first_difference(file);
  file.close();
  return different;
}

void write_results_with_tables(const SweepResults& results, const std::vector<Table>& more,
                               const std::filesystem::path& path, const ReadBack& read_back) {
  SweepResults sorted = results;
  for (std::string& task : sorted.summary.task) task = plain_text(std::move(task));  // also names groups
  if (const std::string wrong = first_contradiction(sorted); !wrong.empty()) throw InternalError(wrong, path.string());
  sort_rows(sorted);
  const TemporaryFile temporary(path);
  try {
    require_room(temporary.path(), bytes_needed(sorted, more));
    write_and_compare(sorted, more, temporary.path(), read_back);
    replace_file(temporary.path(), path);
  } catch (const StorageError& error) {  // named by the file that the user knows
    const std::string ours = temporary.path().string();
    if (!error.where().starts_with(ours)) throw;
    throw StorageError(path.string() + error.where().substr(ours.size()), error.problem(), error.remedy());
  }
}

void write_results(const SweepResults& results, const std::filesystem::path& path, const ReadBack& read_back) {
  write_results_with_tables(results, {}, path, read_back);
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Reads the tables by the schema, and checks whatever another writer could have got wrong.
#include "data/results/results_reader.h"

#include "data/core/error.h"
#include "data/results/checked_reading.h"
#include "data/results/composed_reader.h"
#include "data/results/content_digest.h"
#include "data/results/hdf5_file.h"
#include "data/results/plain_hdf5.h"
#include "data/results/results_check.h"
#include "data/results/results_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace lorasweep {
namespace {

void require_results_file(const Hdf5File& file) {
  const std::vector<std::string> names = file.attribute_names("/");
  for (const char* name : {"format", "schema_version"})
    if (std::ranges::find(names, name) == names.end())
      refuse(file, "/", fmt::format("is not a results file: it has no attribute '{}'", name));
  if (const auto format = attribute<std::string>(file, "/", "format"); format != results_format)
    refuse(file, "/@format", fmt::format("is not a results file but '{}'", format));
  if (const auto version = attribute<std::string>(file, "/", "schema_version");
      !version.starts_with(results_major_version))
    refuse(file, "/@schema_version",
           fmt::format("is of version {}, but this program reads {}", version, schema_version_of_places));
}

std::shared_ptr<const Hdf5File> open_results(const std::filesystem::path& path) {
  auto file = std::make_shared<const Hdf5File>(Hdf5File::open(path));
  require_results_file(*file);
  return file;
}

void require_groups(const Hdf5File& file, Since schema) {
  for (const char* group : {"/summary", "/evaluations", "/predictions", "/adapters", "/composed", "/provenance"})
    if (!file.has(group)) refuse(file, group, "is missing");
  if (schema < Since::schema_1_2) return;
  for (const char* group : {"/tokens", "/examples", "/statistics"})
    if (!file.has(group)) refuse(file, group, "is missing");
}

// The extents of what older schemas do not have.
void size_since_1_2(const Hdf5File& file, SweepResults& results) {
  results.evaluations.shots = small_extent(file, "/evaluations/shot");
  if (!file.has("/screen")) return;
  ScreenedAdapters& screen = results.screen.emplace();
  screen.shots = small_extent(file, "/screen/shot");
  screen.shot_seed.assign(file.has("/screen/draw") ? held_extent(file, "/screen/draw") : 1, -1);
}

std::map<std::string, std::string> read_provenance(const Hdf5File& file) {
  std::map<std::string, std::string> provenance;
  for (const Hdf5File::Member& member : file.members("/provenance")) {
    const std::string path = "/provenance/" + member.name;
    const auto texts = member.kind == Hdf5File::Kind::dataset
                           ? values_as<std::string>(file, path, file.read_dataset(path))
                           : std::vector<std::string>{};
    if (texts.size() != 1) refuse(file, path, "is not one string");
    provenance[member.name] = texts.front();
  }
  return provenance;
}

}  // namespace

std::string run_uuid_of_results(const std::filesystem::path& path) {
  return attribute<std::string>(*open_results(path), "/", "run_uuid");
}

SweepResults read_results(const std::filesystem::path& path) {
  const std::shared_ptr<const Hdf5File> file = open_results(path);
  require_plain_hdf5(*file);
  SweepResults results{.title = attribute<std::string>(*file, "/", "title"),
                       .created_utc = attribute<std::string>(*file, "/", "created_utc"),
                       .run_uuid = attribute<std::string>(*file, "/", "run_uuid"),
                       .complete = attribute<std::int8_t>(*file, "/", "complete") != 0,
                       .n_units = attribute<std::int64_t>(*file, "/", "n_units"),
                       .n_failed = attribute<std::int64_t>(*file, "/", "n_failed"),
                       .summary = {},
                       .evaluations = {},
                       .predictions = {},
                       .adapters = {},
                       .screen = {},
                       .examples = {},
                       .statistics = {},
                       .composed = {},
                       .provenance = {}};
  const Since schema = schema_of(attribute<std::string>(*file, "/", "schema_version"));
  require_groups(*file, schema);
  results.summary.adapter_slots = small_extent(*file, "/summary/adapter_slot");
  results.summary.steps = small_extent(*file, "/summary/step");
  extent_of_scale(*file, "/summary/task");
  results.summary.task = values_as<std::string>(*file, "/summary/task", file->read_dataset("/summary/task"));
  if (schema >= Since::schema_1_2) size_since_1_2(*file, results);
  if (schema >= Since::schema_1_2 && file->has("/summary/place")) {
    extent_of_scale(*file, "/summary/place");
    results.summary.place = values_as<std::string>(*file, "/summary/place", file->read_dataset("/summary/place"));
    if (results.summary.place.empty()) refuse(*file, "/summary/place", "names no place");
  }
  for (const Table& table : result_tables(results))
    for (const Column& column : table.columns) read_column(*file, table, column, schema);
  if (schema == Since::schema_1_0) results.summary.n_finished = finished_searches(results.summary);
  if (const std::string wrong = first_contradiction(results); !wrong.empty()) refuse(*file, "/", wrong);
  if (const std::string wrong = first_unknown_code(results); !wrong.empty()) refuse(*file, "/", wrong);
  read_composed(file, schema, results);
  if (const std::string wrong = first_contradiction(results); !wrong.empty()) refuse(*file, "/composed", wrong);
  results.provenance = read_provenance(*file);
  return results;
}

std::string verify_results(const std::filesystem::path& path) {
  const std::shared_ptr<const Hdf5File> file = open_results(path);
  const auto claimed = attribute<std::string>(*file, "/", "content_sha256");
  const Coverage coverage = coverage_of_schema(attribute<std::string>(*file, "/", "schema_version"));
  if (const std::string found = ContentDigest::of_file(*file, coverage).hex(); found != claimed)
    refuse(*file, "/@content_sha256", fmt::format("says {}, but what the file holds gives {}", claimed, found));
  return claimed;
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Decides which parts count, digests each, and digests the digests.
#include "data/results/content_digest.h"

#include "data/core/digest.h"
#include "data/results/plain_hdf5.h"
#include "data/results/results_schema.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string_view>
#include <type_traits>

namespace lorasweep {
namespace {

static_assert(std::endian::native == std::endian::little, "digests are taken over little-endian values");

bool among(std::string_view text, const auto& texts) { return std::ranges::find(texts, text) != texts.end(); }

std::string digest_of(const Array& array) {
  Sha256 sha;
  sha.add(std::string_view(type_name(array.values)));
  sha.add(std::uint64_t{array.extents.size()});
  for (const std::uint64_t extent : array.extents) sha.add(extent);
  std::visit(
      [&]<typename T>(const std::vector<T>& values) {
        if constexpr (std::is_same_v<T, std::string>) {
          for (const std::string& text : values) sha.add(std::string_view(text));
        } else {
          sha.bytes(std::as_bytes(std::span(values)));
        }
      },
      array.values);
  return sha.hex();
}

bool is_within(const std::string& object, const std::string& group) {
  return object == group || object.starts_with(group + "/");
}

// Not covered since 1.1.
bool is_place_or_note(const std::string& object) {
  constexpr std::array places{"/adapters/source", "/adapters/format"};  // where and how; `sha256` says what
  // What follows from the inputs and from other columns; runs of 0.1.0 do not know it, and have the same results.
  constexpr std::array notes{"/summary/n_finished", "/summary/n_cut_shots",    "/summary/n_cut_shot_targets",
                             "/summary/n_cut_test", "/summary/n_cut_few_shot", "/predictions/input_cut",
                             "/adapters/n_sites",   "/adapters/n_idle_sites"};
  return among(object, places) || among(object, notes);
}

// Not covered since 1.2: what a user may leave out of a file, and what can be made again from the rest.
bool is_text_or_derived(const std::string& object) {
  constexpr std::array texts{"/predictions/target", "/summary/canary"};  // `task_sha256` says what
  constexpr std::array derived{"/summary/by_shots", "/summary/n_below_zero_shot", "/summary/most_below_zero_shot"};
  return is_within(object, "/composed") || is_within(object, "/examples") || is_within(object, "/statistics") ||
         is_within(object, "/spectrum") || is_within(object, "/overlap") || among(object, texts) ||
         among(object, derived);
}

std::string name_of_part(const std::pair<std::string, std::string>& part) {
  return part.second.empty() ? part.first : part.first + "@" + part.second;
}

}  // namespace

bool is_covered(Coverage coverage, const std::string& object, const std::string& attribute) {
  constexpr std::array hdf5_own{"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"};
  constexpr std::array root_own{"content_sha256", "created_utc", "run_uuid"};
  constexpr std::array timings{"/evaluations/t_finished_utc", "/evaluations/duration_s", "/evaluations/worker_rank",
                               "/evaluations/attempt"};
  if (among(attribute, hdf5_own)) return false;
  if (coverage == Coverage::everything) return true;
  if (is_within(object, "/provenance")) return false;
  if (object == "/" && among(attribute, root_own)) return false;
  if (coverage >= Coverage::schema_1_1 && is_place_or_note(object)) return false;
  if (coverage >= Coverage::schema_1_2 && is_text_or_derived(object)) return false;
  return !among(object, timings);
}

Coverage coverage_of_schema(const std::string& version) {
  switch (schema_of(version)) {
    case Since::schema_1_0: return Coverage::schema_1_0;
    case Since::schema_1_1: return Coverage::schema_1_1;
    case Since::schema_1_2: break;
  }
  return Coverage::schema_1_2;
}

void ContentDigest::add(const std::string& object, const std::string& attribute, const Array& value) {
  if (is_covered(coverage_, object, attribute)) parts_[{object, attribute}] = digest_of(value);
}

void ContentDigest::add_group(const std::string& path) {
  if (coverage_ == Coverage::everything) parts_[{path, ""}] = "group";
}

std::string ContentDigest::hex() const {
  Sha256 sha;
  for (const auto& [part, digest] : parts_) {
    sha.add(std::string_view(part.first));
    sha.add(std::string_view(part.second));
    sha.add(std::string_view(digest));
  }
  return sha.hex();
}

std::string ContentDigest::first_difference(const ContentDigest& other) const {
  const auto [mine, theirs] = std::ranges::mismatch(parts_, other.parts_);
  if (mine == parts_.end() && theirs == other.parts_.end()) return "";
  if (mine == parts_.end()) return name_of_part(theirs->first);
  if (theirs == other.parts_.end()) return name_of_part(mine->first);
  return name_of_part(std::min(mine->first, theirs->first));
}

ContentDigest ContentDigest::of_file(const Hdf5File& file, Coverage coverage) {
  ContentDigest digest(coverage);
  const Hdf5Objects objects = require_plain_hdf5(file);
  const auto add_attributes = [&](const std::string& object) {
    for (const std::string& name : file.attribute_names(object))
      if (is_covered(coverage, object, name)) digest.add(object, name, file.read_attribute(object, name));
  };
  for (const std::string& group : objects.groups) {
    digest.add_group(group);
    add_attributes(group);
  }
  for (const std::string& dataset : objects.datasets) {
    add_attributes(dataset);
    if (is_covered(coverage, dataset, "")) digest.add(dataset, "", file.read_dataset(dataset));
  }
  return digest;
}

}  // namespace lorasweep

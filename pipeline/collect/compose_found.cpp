// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/compose_found.h"

#include "data/adapters/adapter.h"
#include "data/core/error.h"
#include "pipeline/collect/composed_adapters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* remedy =
    "they are needed to compose what was found: restore them, or give --adapters the folder where they lie now, each "
    "under its name";

// All that is wrong with them, not only what is first.
class NeededAdapters {
 public:
  explicit NeededAdapters(const RecordedLibrary& library) : library_(library), place_(library.adapters.size(), -1) {}

  /// The adapter's place among those that were read.
  std::int32_t read(std::int32_t index) {
    std::int32_t& place = place_.at(static_cast<std::size_t>(index));
    if (place < 0) {
      place = static_cast<std::int32_t>(titles_.size());
      const RecordedAdapter& entry = library_.adapters[static_cast<std::size_t>(index)];
      titles_.push_back({entry.name, entry.base_model});
      open(entry);
    }
    return place;
  }

  /// InputError if any of them cannot be used.
  LibraryInMemory library() {
    if (!problems_.empty()) throw InputError(where_, fmt::format("{}", fmt::join(problems_, "\n  ")), remedy);
    return library_of(library_.base, adapters_, library_.places);
  }
  std::vector<AdapterTitle> titles() { return std::move(titles_); }

 private:
  void open(const RecordedAdapter& entry) {
    const std::filesystem::path place = place_of(entry, library_);
    if (!std::filesystem::exists(place)) return refuse(place, fmt::format("the adapter {} is missing", entry.name));
    try {
      Adapter adapter(place, library_.base);
      adapter.load();
      if (adapter.digest() != entry.sha256)
        return refuse(place, fmt::format("the adapter {} changed since the run was made", entry.name));
      if (problems_.empty()) adapters_.push_back(std::move(adapter));
    } catch (const InputError& error) {
      refuse(place, fmt::format("the adapter {} cannot be used: {}", entry.name, error.problem()));
    }
  }

  void refuse(const std::filesystem::path& place, const std::string& problem) {
    if (problems_.empty()) where_ = place.string();
    problems_.push_back(problems_.empty() ? problem : problem + " (" + place.string() + ")");
    adapters_.clear();
  }

  const RecordedLibrary& library_;
  std::vector<std::int32_t> place_;  // of an adapter among those that were read
  std::vector<Adapter> adapters_;
  std::vector<AdapterTitle> titles_;
  std::string where_;
  std::vector<std::string> problems_;
};

// A file may have been changed to say so; plans never do.
void require_one_shape(const std::vector<std::vector<std::int32_t>>& drawn, const std::vector<AdapterShape>& shapes,
                       const std::vector<AdapterTitle>& titles) {
  const auto ranks_of = [&](std::int32_t adapter) {
    std::vector<std::pair<int, int>> ranks;
    for (const AdapterShape::Site& site : shapes.at(static_cast<std::size_t>(adapter)).sites)
      ranks.emplace_back(site.site, site.rank);
    return ranks;
  };
  for (const auto& adapters : drawn)
    for (const std::int32_t adapter : adapters)
      if (ranks_of(adapter) != ranks_of(adapters.front()))
        throw InputError(titles.at(static_cast<std::size_t>(adapter)).name,
                         "has other sites or ranks than " + titles.at(static_cast<std::size_t>(adapters.front())).name +
                             ", so that `lorahub` cannot have composed them",
                         "make the results again with `lorasweep collect`");
}

}  // namespace

std::filesystem::path place_of(const RecordedAdapter& adapter, const RecordedLibrary& library) {
  return library.moved_to.empty() ? std::filesystem::path(adapter.source) : library.moved_to / adapter.name;
}

std::vector<ComposedModel> compose_found(const RecordedLibrary& library, const std::vector<FoundWeights>& found,
                                         const LibraryInMemory& in_memory) {
  if (found.empty()) return {};  // nobody needs the library then
  std::vector<std::vector<std::int32_t>> drawn;
  for (const FoundWeights& weights : found) drawn.push_back(weights.adapters);
  LibraryInMemory values = in_memory;
  std::vector<AdapterTitle> titles;
  if (values.image) {
    for (const RecordedAdapter& adapter : library.adapters) titles.push_back({adapter.name, adapter.base_model});
  } else {
    NeededAdapters needed(library);
    for (auto& adapters : drawn)
      for (std::int32_t& adapter : adapters) adapter = needed.read(adapter);
    values = needed.library();
    titles = needed.titles();
  }
  if (library.composition == Composition::lorahub) require_one_shape(drawn, values.adapters, titles);
  const auto composed =
      std::make_shared<ComposedAdapters>(library.base, library.composition, std::move(values), std::move(titles));
  std::vector<ComposedModel> models;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ComposedModel& model =
        models.emplace_back(ComposedAdapters::model(composed, std::move(drawn[i]), found[i].weights));
    model.task_index = static_cast<std::int32_t>(found[i].task);
    model.replicate = static_cast<std::int32_t>(found[i].replicate);
  }
  return models;
}

}  // namespace lorasweep

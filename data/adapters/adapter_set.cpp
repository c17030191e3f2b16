// SPDX-License-Identifier: Apache-2.0
// Adapters in company: finding them, and whether they can be mixed.
#include "data/adapters/adapter.h"
#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace lorasweep {
namespace {

constexpr int deepest = 8;  // of directories below the root: a link to itself must end somewhere

void search(const std::filesystem::path& root, const std::filesystem::path& relative, int depth, std::vector<std::filesystem::path>& found) {
  const std::filesystem::path here = root / relative;
  if (std::filesystem::exists(here / "adapter_config.json")) {
    found.push_back(relative.empty() ? "." : relative);
    return;
  }
  if (depth == deepest) return;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(here, error))
    if (entry.is_directory(error)) search(root, relative / entry.path().filename(), depth + 1, found);
  if (error) throw InputError(here.string(), "cannot be listed: " + error.message(), "check its permissions");
}

}  // namespace

std::vector<std::filesystem::path> find_adapters(const std::filesystem::path& root) {
  if (!std::filesystem::is_directory(root)) throw InputError(root.string(), "is not a directory", "name the directory that holds the adapters");
  std::vector<std::filesystem::path> found;
  search(root, {}, 0, found);
  std::ranges::sort(found, {}, [](const std::filesystem::path& path) { return path.string(); });
  return found;
}

void require_same_architecture(const std::vector<const Adapter*>& adapters) {
  constexpr const char* remedy = "leave it away, or use composition = \"exact\"";
  if (adapters.empty()) return;
  const Adapter& first = *adapters.front();
  for (const Adapter* adapter : adapters) {
    const std::string where = adapter->directory().string();
    if (adapter->sites().size() != first.sites().size() ||
        !std::ranges::equal(adapter->sites(), first.sites(), {}, &AdapterSite::site, &AdapterSite::site))
      throw InputError(where, "changes other parts of the model than " + first.name() + ", they cannot be mixed under composition = \"lorahub\"", remedy);
    for (std::size_t i = 0; i < first.sites().size(); ++i) {
      const AdapterSite &a = adapter->sites()[i], &b = first.sites()[i];
      if (a.rank != b.rank)
        throw InputError(where + ", tensor " + a.key_a,
                         fmt::format("has rank {}, that of {} has {}: they cannot be mixed under composition = \"lorahub\"", a.rank, first.name(), b.rank), remedy);
      if (a.scaling != b.scaling)
        throw InputError(where + ", tensor " + a.key_a,
                         fmt::format("is scaled by {}, that of {} by {}: they cannot be mixed under composition = \"lorahub\"", a.scaling, first.name(), b.scaling),
                         remedy);
    }
  }
}

}  // namespace lorasweep

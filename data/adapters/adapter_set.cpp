// SPDX-License-Identifier: Apache-2.0
// Adapters in company: finding them, and whether they can be mixed.
#include "data/adapters/adapter.h"
#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

// Links are followed, since libraries are often made of them, but not back into a directory that is being
// searched.
class LibrarySearch {
 public:
  explicit LibrarySearch(fs::path root) : root_(std::move(root)) { enter({}); }

  std::vector<fs::path> found;  // relative to the root

 private:
  void enter(const fs::path& relative) {
    const fs::path here = root_ / relative;
    std::error_code error;
    if (fs::exists(here / "adapter_config.json", error)) {
      found.push_back(relative.empty() ? "." : relative);
      return;
    }
    for (const char* weights : {"adapter_model.safetensors", "adapter_model.bin"})
      if (!relative.empty() && fs::exists(here / weights, error))  // passed over, it would change what seeds draw
        throw InputError(here.string(), fmt::format("has {}, but no adapter_config.json", weights),
                         "download the whole adapter, or remove it");
    const fs::path real = fs::canonical(here, error);
    if (error) refuse(here, error);
    if (std::ranges::count(open_, real)) return;
    open_.push_back(real);
    fs::directory_iterator entry(here, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
      if (std::error_code unreadable; entry->is_directory(unreadable)) enter(relative / entry->path().filename());
    if (error) refuse(here, error);
    open_.pop_back();
  }

  [[noreturn]] static void refuse(const fs::path& here, const std::error_code& error) {
    throw InputError(here.string(), "cannot be listed: " + error.message(), "check its permissions");
  }

  fs::path root_;
  std::vector<fs::path> open_;  // canonical, from the root to here
};

// What keeps `adapter` from being mixed with `first`, at their site number i.
void require_same(const Adapter& adapter, const Adapter& first, std::size_t i) {
  const AdapterSite &a = adapter.sites()[i], &b = first.sites()[i];
  const auto different = [&](const char* what, double of_a, double of_b) {
    return InputError(adapter.directory().string() + ", tensor " + a.key_a,
                      fmt::format("has {} {}, in {} it is {}: composition = \"lorahub\" cannot mix them", what, of_a,
                                  first.name(), of_b),
                      "leave it away, or use composition = \"exact\"");
  };
  if (a.rank != b.rank) throw different("rank", a.rank, b.rank);
  if (a.scaling != b.scaling) throw different("scaling", a.scaling, b.scaling);
}

}  // namespace

std::vector<fs::path> find_adapters(const fs::path& root) {
  std::error_code unreadable;
  if (!fs::is_directory(root, unreadable))
    throw InputError(root.string(), "is not a directory", "name the directory that holds the adapters");
  std::vector<fs::path> found = LibrarySearch(root).found;
  std::ranges::sort(found, {}, [](const fs::path& path) { return path.string(); });
  return found;
}

void require_same_architecture(const std::vector<const Adapter*>& adapters) {
  if (adapters.empty()) return;
  const Adapter& first = *adapters.front();
  for (const Adapter* adapter : adapters) {
    if (!std::ranges::equal(adapter->sites(), first.sites(), {}, &AdapterSite::site, &AdapterSite::site))
      throw InputError(adapter->directory().string(),
                       fmt::format("changes other parts of the model ({}) than {} does ({}): composition = "
                                   "\"lorahub\" cannot mix them",
                                   fmt::join(adapter->target_modules(), ", "), first.name(),
                                   fmt::join(first.target_modules(), ", ")),
                       "leave it away, or use composition = \"exact\"");
    for (std::size_t i = 0; i < first.sites().size(); ++i) require_same(*adapter, first, i);
  }
}

}  // namespace lorasweep

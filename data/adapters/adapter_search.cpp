// SPDX-License-Identifier: Apache-2.0
// Walks a library of adapters: follows links, and reports what it passes over.
#include "data/adapters/adapter_search.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/model/hub_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* whole = "download the whole adapter, or remove it";

bool is_adapter(const fs::path& directory) { return is_there(directory / "adapter_config.json"); }

bool is_folder(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(path, unreadable);
}

// Under the names that PEFT gives them, shards included.
bool are_adapter_weights(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("adapter_model") &&
         (name.ends_with(".safetensors") || name.ends_with(".bin") || name.ends_with(".index.json"));
}

bool may_be_meant_as_adapter(const fs::path& path) {
  constexpr auto endings = std::to_array<std::string_view>(
      {".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".zip", ".tar", ".tgz", ".gz"});
  return std::ranges::count(endings, path.extension().string()) > 0;
}

std::vector<fs::directory_entry> entries_of(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(*entry);
  if (error) throw InputError(directory.string(), "cannot be listed: " + error.message(), "check its permissions");
  std::ranges::sort(entries);
  return entries;
}

// Links are followed, since libraries are often made of them, but not back into a directory that is being searched.
class LibrarySearch {
 public:
  explicit LibrarySearch(fs::path root) : root_(std::move(root)) { enter({}); }

  AdapterSearch take() {
    std::ranges::sort(found_.found, {}, [](const fs::path& path) { return path.string(); });
    keep_one_path_each();
    std::ranges::sort(found_.unusable, {}, [](const UnusableDirectory& entry) { return entry.path.string(); });
    std::ranges::sort(found_.passed_over, {}, [](const PassedOver& entry) { return entry.path.string(); });
    return std::move(found_);
  }

 private:
  // Whether it was entered: not if it is being searched already.
  bool enter(const fs::path& relative) {
    const fs::path here = root_ / relative;
    if (is_adapter(here)) {
      found_.found.push_back(relative.empty() ? "." : relative);
      pass_over_checkpoints(relative);
      return true;
    }
    std::error_code error;
    const fs::path real = fs::canonical(here, error);
    if (error) throw InputError(here.string(), "cannot be opened: " + error.message(), "check its permissions");
    if (std::ranges::count(open_, real)) return false;
    open_.push_back(real);
    if (is_cached_repository(here))
      enter_repository(relative);
    else
      for (const fs::directory_entry& entry : entries_of(here)) look_at(relative / entry.path().filename());
    open_.pop_back();
    return true;
  }

  void look_at(const fs::path& relative) {
    const fs::path here = root_ / relative;
    if (is_folder(here)) return enter_and_report(relative);
    if (are_adapter_weights(here)) {
      if (relative.has_parent_path()) return add_half(relative.parent_path(), here.filename().string());
      return pass_over(relative, "are weights without adapter_config.json");
    }
    std::error_code unreadable;
    if (!fs::exists(here, unreadable) && !needs_no_report(here))
      return pass_over(relative, "is a link that leads nowhere");
    if (may_be_meant_as_adapter(here))
      pass_over(relative, "is a file: an adapter is a directory with adapter_config.json");
  }

  void add_half(const fs::path& relative, const std::string& file) {
    if (std::ranges::count(found_.unusable, relative, &UnusableDirectory::path) > 0) return;  // of several shards
    found_.unusable.push_back({relative, InputError((root_ / relative).string(),
                                                    fmt::format("has {}, but no adapter_config.json", file), whole)});
  }

  // Of a directory without any adapter, only the directory itself is reported.
  void enter_and_report(const fs::path& relative) {
    const auto adapters = [&] { return found_.found.size() + found_.unusable.size(); };
    const std::size_t before = adapters(), passed_over = found_.passed_over.size();
    if (!enter(relative) || adapters() > before) return;
    found_.passed_over.resize(passed_over);
    if (!needs_no_report(relative)) pass_over(relative, "holds no adapter");
  }

  void enter_repository(const fs::path& relative) {
    const Snapshots snapshots = snapshots_of(root_ / relative);
    const auto below = [&](const fs::path& snapshot) { return relative / "snapshots" / snapshot.filename(); };
    if (snapshots.current) {
      enter(below(*snapshots.current));
      for (const fs::path& other : snapshots.others)
        if (is_adapter(other))
          pass_over(below(other), fmt::format("is another snapshot of this repository than {}, which counts",
                                              snapshots.current->filename().string()));
      return;
    }
    if (std::ranges::any_of(snapshots.others, is_adapter))
      found_.unusable.push_back(
          {relative, InputError((root_ / relative).string(),
                                fmt::format("has {} snapshots, and refs/main names none of them: which of them counts?",
                                            snapshots.others.size()),
                                "download the repository again, or remove all snapshots but one")});
  }

  void pass_over_checkpoints(const fs::path& adapter) {
    for (const fs::directory_entry& entry : entries_of(root_ / adapter))
      if (is_folder(entry.path()) && is_adapter(entry.path()))
        pass_over(adapter / entry.path().filename(), "lies inside the directory of an adapter");
  }

  // An adapter that is reached by two paths would be drawn twice.
  void keep_one_path_each() {
    std::map<std::pair<dev_t, ino_t>, std::vector<fs::path>> paths_of;
    for (const fs::path& path : found_.found) {
      struct stat status = {};
      if (stat((root_ / path).c_str(), &status) == 0) paths_of[{status.st_dev, status.st_ino}].push_back(path);
    }
    const fs::path real_root = fs::canonical(root_);
    for (const auto& [identity, paths] : paths_of) {
      if (paths.size() == 1) continue;
      const auto own = std::ranges::find_if(paths, [&](const fs::path& path) {
        return fs::canonical(root_ / path) == (real_root / path).lexically_normal();
      });
      const fs::path kept = own == paths.end() ? paths.front() : *own;
      for (const fs::path& path : paths) {
        if (path == kept) continue;
        std::erase(found_.found, path);
        pass_over(path, fmt::format("leads to the same directory as {}, which is counted", kept.generic_string()));
      }
    }
  }

  void pass_over(const fs::path& relative, std::string reason) {
    found_.passed_over.push_back({relative, std::move(reason)});
  }

  fs::path root_;
  AdapterSearch found_;
  std::vector<fs::path> open_;  // canonical, from the root to here
};

}  // namespace

AdapterSearch search_adapters(const fs::path& root) {
  if (!is_folder(root))
    throw InputError(root.string(), "is not a directory", "name the directory that holds the adapters");
  return LibrarySearch(root).take();
}

}  // namespace lorasweep

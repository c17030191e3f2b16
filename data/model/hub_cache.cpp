// SPDX-License-Identifier: Apache-2.0
// Finds snapshots: <cache>/models--<org>--<name>/refs/<revision> names a commit, snapshots/<commit> has its files.
#include "data/model/hub_cache.h"

#include "data/core/error.h"
#include "data/core/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_ref_bytes = 1024;

struct Repository {
  std::string name;      // "org/name"
  std::string revision;  // empty: not asked for

  std::string folder() const {
    std::string folder = "models--" + name;
    if (const std::size_t slash = folder.find('/'); slash != std::string::npos) folder.replace(slash, 1, "--");
    return folder;
  }
  std::string download_command() const {
    return "hf download " + name + (revision.empty() ? "" : " --revision " + revision);
  }
};

bool is_plain(const std::string& text, bool slashes) {
  return !text.empty() && text.front() != '/' && text.front() != '-' && text.find("..") == std::string::npos &&
         std::ranges::all_of(text, [&](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-' ||
                  (slashes && c == '/');
         });
}

// "name", "org/name", either with "@revision"; nothing that could lead out of the cache.
std::optional<Repository> as_repository(const std::string& text) {
  const std::size_t at = text.find('@');
  const Repository repository{text.substr(0, at), at == std::string::npos ? "" : text.substr(at + 1)};
  if (!is_plain(repository.name, true) || std::ranges::count(repository.name, '/') > 1 ||
      repository.name.ends_with('/') || repository.name.front() == '.')
    return std::nullopt;
  if (at != std::string::npos && !is_plain(repository.revision, true)) return std::nullopt;
  return repository;
}

std::optional<fs::path> from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<fs::path>(value);
}

// Of these places only the first that is configured counts: it is where the download command would write.
std::optional<fs::path> cache() {
  if (const auto hub = from_environment("HF_HUB_CACHE")) return *hub;
  if (const auto home = from_environment("HF_HOME")) return *home / "hub";
  if (const auto cache = from_environment("XDG_CACHE_HOME")) return *cache / "huggingface" / "hub";
  if (const auto home = from_environment("HOME")) return *home / ".cache" / "huggingface" / "hub";
  return std::nullopt;
}

bool directory_exists(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(path, unreadable);
}

std::optional<fs::path> snapshot(const fs::path& folder, const std::string& revision) {
  const fs::path ref = folder / "refs" / revision;
  std::string commit = revision;  // a whole commit needs no ref
  if (std::error_code unreadable; fs::is_regular_file(ref, unreadable)) {
    commit = read_file(ref, most_ref_bytes);
    while (!commit.empty() && std::isspace(static_cast<unsigned char>(commit.back()))) commit.pop_back();
  }
  if (!is_plain(commit, false)) return std::nullopt;
  const fs::path found = folder / "snapshots" / commit;
  return directory_exists(found) ? std::optional(found) : std::nullopt;
}

}  // namespace

bool is_cached_repository(const fs::path& directory) {
  return directory_exists(directory / "snapshots") &&
         (directory_exists(directory / "refs") || directory_exists(directory / "blobs") ||
          directory.filename().string().starts_with("models--"));
}

Snapshots snapshots_of(const fs::path& repository) {
  Snapshots found;
  std::error_code error;
  for (fs::directory_iterator entry(repository / "snapshots", error), end; !error && entry != end;
       entry.increment(error))
    if (directory_exists(entry->path())) found.others.push_back(entry->path());
  if (error)
    throw InputError((repository / "snapshots").string(), "cannot be listed: " + error.message(),
                     "check its permissions");
  std::ranges::sort(found.others);
  found.current = is_there(repository / "refs" / "main") ? snapshot(repository, "main")
                  : found.others.size() == 1             ? std::optional(found.others.front())
                                                         : std::nullopt;
  if (found.current) std::erase(found.others, *found.current);
  return found;
}

fs::path find_model(const std::string& path_or_repository) {
  if (is_cached_repository(path_or_repository)) {
    if (const Snapshots found = snapshots_of(path_or_repository); found.current) return *found.current;
    throw InputError(path_or_repository, "has several snapshots or none, and refs/main names none of them",
                     "download the repository again, or name one of its snapshots");
  }
  if (directory_exists(path_or_repository)) return path_or_repository;
  const auto repository = as_repository(path_or_repository);
  if (std::error_code unreadable; !repository || fs::exists(path_or_repository, unreadable))
    throw InputError(path_or_repository, "is not a directory",
                     "name a directory, or org/name[@revision] of a downloaded repository");

  const auto root = cache();
  const std::string revision = repository->revision.empty() ? "main" : repository->revision;
  if (root)
    if (const auto found = snapshot(*root / repository->folder(), revision)) return *found;
  throw InputError(
      path_or_repository,
      fmt::format("is neither a directory (looked at {}) nor revision {} of a repository in the "
                  "Hugging Face cache ({})",
                  fs::absolute(path_or_repository).string(), revision,
                  root ? "looked at " + (*root / repository->folder()).string() : "there is none: HOME is not set"),
      "nothing is ever downloaded here; where there is a network, run `" + repository->download_command() + "`");
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Groups ranks by the cores that they share, and compares their threads with these cores.
#include "pipeline/run/cores.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace lorasweep {
namespace {

constexpr std::size_t most_hosts_named = 4;

// "0 to 3, 8"
std::string ranges(std::span<const std::int32_t> ascending) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < ascending.size();) {
    std::size_t last = i;
    while (last + 1 < ascending.size() && ascending[last + 1] == ascending[last] + 1) ++last;
    parts.push_back(last == i ? fmt::format("{}", ascending[i])
                              : fmt::format("{} to {}", ascending[i], ascending[last]));
    i = last + 1;
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string count(std::size_t number, const char* what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string threads_and_cores(int threads, const std::vector<std::int32_t>& cores) {
  return fmt::format("{} on {} ({})", count(threads, "thread"), count(cores.size(), "core"), ranges(cores));
}

// Ranks of one host that share cores, directly or through others.
struct CoreGroup {
  std::vector<const RankCores*> ranks;
  std::set<std::int32_t> cores;
  int threads = 0;

  bool shares_with(const RankCores& rank) const {
    return std::ranges::any_of(rank.cores, [&](std::int32_t core) { return cores.contains(core); });
  }
  void add(const CoreGroup& other) {
    ranks.insert(ranks.end(), other.ranks.begin(), other.ranks.end());
    cores.insert(other.cores.begin(), other.cores.end());
    threads += other.threads;
  }
};

std::vector<CoreGroup> core_groups(std::span<const RankCores* const> ranks) {
  std::vector<CoreGroup> groups;
  for (const RankCores* rank : ranks) {
    CoreGroup joined{.ranks = {rank}, .cores = {rank->cores.begin(), rank->cores.end()}, .threads = rank->threads};
    const auto others =
        std::ranges::stable_partition(groups, [&](const CoreGroup& group) { return !group.shares_with(*rank); });
    for (const CoreGroup& other : others) joined.add(other);
    groups.erase(others.begin(), others.end());
    groups.push_back(std::move(joined));
  }
  return groups;
}

// What shares a control group's time on one host.
struct TimeGroup {
  std::vector<int> ranks;
  int threads = 0;
  double cores = 0;

  bool lacks_time() const { return threads > cores; }
  double share() const { return cores / std::max(threads, 1); }
};

// "3 threads in the time of 1.5 cores"
std::string threads_and_time(int threads, double cores) {
  return fmt::format("{} in the time of {:.3g} core{}", count(threads, "thread"), cores, cores == 1 ? "" : "s");
}

constexpr const char* more_time = "a control group (a container's --cpus, a pod's or a job's limit) gives no more";

}  // namespace

std::vector<std::int32_t> allowed_cores() {
  constexpr int most = 1 << 16;  // the system refuses a set that is smaller than its own
  for (int size = CPU_SETSIZE; size <= most; size *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(size), [](cpu_set_t* s) { CPU_FREE(s); });
    const std::size_t bytes = CPU_ALLOC_SIZE(size);
    if (!set) break;
    CPU_ZERO_S(bytes, set.get());
    if (sched_getaffinity(0, bytes, set.get()) != 0) continue;
    std::vector<std::int32_t> cores;
    for (int core = 0; core < size; ++core)
      if (CPU_ISSET_S(core, bytes, set.get())) cores.push_back(core);
    return cores;
  }
  return {};
}

std::vector<CrowdedHost> crowded_hosts(std::span<const RankCores> ranks) {
  std::map<std::string, std::vector<const RankCores*>> by_host;
  for (const RankCores& rank : ranks)
    if (!rank.cores.empty()) by_host[rank.host].push_back(&rank);
  std::vector<CrowdedHost> crowded;
  for (const auto& [host, here] : by_host) {
    CoreGroup all;
    for (const CoreGroup& group : core_groups(here)) {
      const bool one_alone = std::ranges::any_of(
          group.ranks, [](const RankCores* rank) { return rank->threads > std::ssize(rank->cores); });
      if (one_alone || group.threads > std::ssize(group.cores)) all.add(group);
    }
    if (all.ranks.empty()) continue;
    CrowdedHost& entry = crowded.emplace_back(
        CrowdedHost{.host = host, .ranks = {}, .threads = all.threads, .cores = {all.cores.begin(), all.cores.end()}});
    for (const RankCores* rank : all.ranks) entry.ranks.push_back(rank->rank);
    std::ranges::sort(entry.ranks);
  }
  return crowded;
}

std::string crowded_ranks_text(std::span<const RankCores> ranks) {
  const std::vector<CrowdedHost> crowded = crowded_hosts(ranks);
  if (crowded.empty()) return "";
  std::vector<std::string> hosts;
  for (const CrowdedHost& host : crowded) {
    if (hosts.size() == most_hosts_named) break;
    hosts.push_back(fmt::format("{} {} on {} run {}", host.ranks.size() == 1 ? "rank" : "ranks", ranges(host.ranks),
                                host.host, threads_and_cores(host.threads, host.cores)));
  }
  if (crowded.size() > hosts.size()) hosts.push_back(fmt::format("{} more hosts", crowded.size() - hosts.size()));
  const int threads = std::ranges::max(ranks, {}, &RankCores::threads).threads;
  return fmt::format(
      "threads have to share cores: {}; start the ranks with --map-by slot:PE={} or --bind-to none (srun: "
      "--cpus-per-task={}), and no more threads than cores",
      fmt::join(hosts, "; "), threads, threads);
}

std::string crowded_process_text(int workers, int threads, const std::vector<std::int32_t>& cores) {
  if (cores.empty() || workers * threads <= std::ssize(cores)) return "";
  return fmt::format(
      "threads have to share cores: {} with {} each run {}; lower run.workers or run.threads, or allow this process "
      "more "
      "cores",
      count(workers, "worker"), count(threads, "thread"), threads_and_cores(workers * threads, cores));
}

std::string scarce_time_text(std::span<const RankCores> ranks) {
  std::map<std::pair<std::string, std::uint64_t>, TimeGroup> groups;
  for (const RankCores& rank : ranks)
    for (const CoreTime& time : rank.times) {
      TimeGroup& group = groups[{rank.host, time.group}];
      group.ranks.push_back(rank.rank);
      group.threads += rank.threads;
      group.cores = time.cores;
    }
  std::map<std::string, TimeGroup> scarcest;  // of each host the group that leaves a thread least
  for (const auto& [place, group] : groups)
    if (group.lacks_time())
      if (const auto [entry, is_new] = scarcest.try_emplace(place.first, group);
          !is_new && group.share() < entry->second.share())
        entry->second = group;
  if (scarcest.empty()) return "";
  std::vector<std::string> hosts;
  for (auto& [host, group] : scarcest) {
    if (hosts.size() == most_hosts_named) break;
    std::ranges::sort(group.ranks);
    hosts.push_back(fmt::format("{} {} on {} run {}", group.ranks.size() == 1 ? "rank" : "ranks", ranges(group.ranks),
                                host, threads_and_time(group.threads, group.cores)));
  }
  if (scarcest.size() > hosts.size()) hosts.push_back(fmt::format("{} more hosts", scarcest.size() - hosts.size()));
  return fmt::format("threads have to wait for CPU time: {}: {}; start fewer ranks or threads, or ask for more CPUs",
                     fmt::join(hosts, "; "), more_time);
}

std::string scarce_process_text(int workers, int threads, std::span<const CoreTime> times) {
  if (times.empty()) return "";
  const CoreTime& least = *std::ranges::min_element(times, {}, &CoreTime::cores);
  if (workers * threads <= least.cores) return "";
  return fmt::format(
      "threads have to wait for CPU time: {} with {} each run {}: {}; lower run.workers or run.threads, or ask for "
      "more CPUs",
      count(workers, "worker"), count(threads, "thread"), threads_and_time(workers * threads, least.cores), more_time);
}

int useful_threads(const std::vector<std::int32_t>& cores, std::span<const CoreTime> times) {
  auto useful = static_cast<double>(cores.size());
  for (const CoreTime& time : times) useful = std::min(useful, time.cores);
  return std::max(static_cast<int>(useful), 1);
}

}  // namespace lorasweep

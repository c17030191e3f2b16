// SPDX-License-Identifier: Apache-2.0
// When to record what is repeated, and how long a record is good. Knows no CUDA: `Record` is whatever is replayed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace lorasweep {

/// A key is run plainly when it is first seen (intermediate memory grows, algorithms are looked up), recorded when it
/// comes again, and replayed from then on. It starts over when memory is given back that it may use, which is what was
/// allocated before it ran: new allocations, and the release of what is younger than a record, do it no harm. Times are
/// the number of allocations so far. The key used longest ago is forgotten first.
template <typename Record>
class RepeatCache {
 public:
  enum class Step { plain, record, replay };

  explicit RepeatCache(std::size_t most_keys) : most_keys_(most_keys) {}

  /// Memory was given back, the oldest of it the `allocation`-th that was taken.
  void released(std::uint64_t allocation) {
    for (Entry& entry : entries_)
      if (entry.time && *entry.time >= allocation) {
        entry.time.reset();
        entry.record.reset();
      }
  }
  /// What to do for this key now. After `plain` and `record` the caller reports with one of the three functions below.
  Step next(const std::string& key) {
    const Entry& entry = touch(key);
    if (entry.refused || !entry.time) return Step::plain;
    return entry.record != nullptr ? Step::replay : Step::record;
  }
  /// The body ran; `time` is that of now, because the body may have made intermediate memory grow.
  void ran_plainly(const std::string& key, std::uint64_t time) { touch(key).time = time; }
  Record& recorded(const std::string& key, std::uint64_t time, Record record) {
    Entry& entry = touch(key);
    entry.time = time;
    entry.record = std::make_unique<Record>(std::move(record));
    return *entry.record;
  }
  /// It cannot be recorded; it will not be tried again.
  void refuse(const std::string& key) { touch(key).refused = true; }

  /// The record of a key whose step is `replay`.
  Record& record(const std::string& key) { return *touch(key).record; }
  std::size_t size() const { return entries_.size(); }
  /// Forgets everything, also refusals.
  void clear() {
    index_.clear();
    entries_.clear();
  }

 private:
  struct Entry {
    std::string key;
    std::optional<std::uint64_t> time;  ///< of the record, or else of the last plain run; younger memory is not in it
    bool refused = false;
    std::unique_ptr<Record> record;
  };

  Entry& touch(const std::string& key) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return entries_.front();
    }
    if (entries_.size() >= most_keys_) {
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({.key = key});
    index_.emplace(key, entries_.begin());
    return entries_.front();
  }

  std::size_t most_keys_;
  std::list<Entry> entries_;  ///< the latest first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// A source of evaluations that nobody computes: what is left is what the scheduler itself costs.
#pragma once

#include "data/journal/journal.h"
#include "scheduler/work_source.h"

#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

/// A journal of its own directory, which goes with it.
class TemporaryJournal {
 public:
  TemporaryJournal() : directory_((std::filesystem::temp_directory_path() / "scheduler_bench_XXXXXX").string()) {
    if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("no temporary directory");
    writer_.emplace(JournalWriter::create(std::filesystem::path(directory_) / "journal"));
  }
  ~TemporaryJournal() {
    writer_.reset();
    std::filesystem::remove_all(directory_);
  }
  TemporaryJournal(const TemporaryJournal&) = delete;
  TemporaryJournal& operator=(const TemporaryJournal&) = delete;

  void append(std::span<const Record> records) { writer_->append(records); }

 private:
  std::string directory_;
  std::optional<JournalWriter> writer_;
};

/// Single evaluations of 20 weights each; what comes back is read, and journaled if there is a journal, as a sweep does
/// it.
class NoWork final : public WorkSource {
 public:
  NoWork(UnitId units, TemporaryJournal* journal) : units_(units), journal_(journal) {}

  std::optional<Unit> next(const WorkerCapacity&) override {
    if (issued_ == units_) return std::nullopt;
    const UnitId id = ++issued_;
    weights_[0] = static_cast<double>(id);
    return Unit{.id = id, .cost = 1, .work = EvaluateWork{{{.weights = weights_}}}};
  }
  void complete(std::vector<WorkerReported> results) override {
    std::vector<Record> records;
    for (auto& [worker, report] : results) {
      auto& result = std::get<EvaluateResult>(report.outcome);
      if (journal_ != nullptr)
        records.push_back(EvaluationRecord{.search = 1,
                                           .step = static_cast<std::uint32_t>(report.unit),
                                           .weights = weights_,
                                           .nll = std::move(result.nll.at(0)),
                                           .key = std::string(64, 'a'),
                                           .attempt = report.attempt,
                                           .worker = worker,
                                           .seconds = report.seconds});
    }
    if (journal_ != nullptr) journal_->append(records);
    done_ += results.size();
    ++rounds_;
  }
  void abandon(UnitId, const std::string& reason) override { throw std::runtime_error(reason); }
  bool finished() const override { return done_ == units_; }

  double per_round() const { return static_cast<double>(done_) / static_cast<double>(rounds_); }

 private:
  UnitId units_, issued_ = 0, done_ = 0, rounds_ = 0;
  TemporaryJournal* journal_;
  std::vector<double> weights_ = std::vector<double>(20, 0.25);
};

/// Of five shots.
inline EvaluateResult no_result() { return {{std::vector<double>(5, 1.5)}}; }

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectrum/spectrum_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace lorasweep {
namespace {

auto subject_of_row(const auto& table, std::size_t row) {
  return std::tuple(table.of[row], table.adapter_index[row], table.task_index[row], table.replicate[row]);
}

// Over the numbers among them.
double mean(const std::vector<double>& values, std::size_t first, std::size_t count) {
  double sum = 0, numbers = 0;
  for (std::size_t i = first; i < first + count; ++i) {
    if (std::isnan(values[i])) continue;
    sum += values[i];
    ++numbers;
  }
  return numbers == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / numbers;
}

void fill_means(const Spectrum& s, SubjectSpectrum& subject) {
  double squares = 0;
  for (std::size_t i = subject.first_row; i < subject.first_row + subject.rows; ++i) {
    squares += s.frobenius[i] * s.frobenius[i];
    subject.rank = std::max(subject.rank, s.rank[i]);
  }
  subject.frobenius = std::sqrt(squares);
  subject.top_share = mean(s.top_share, subject.first_row, subject.rows);
  subject.effective_rank = mean(s.effective_rank, subject.first_row, subject.rows);
  subject.stable_rank = mean(s.stable_rank, subject.first_row, subject.rows);
}

// Pairs of adapters are in the table once, and count for both.
void fill_nearest(const Spectrum& s, std::vector<SubjectSpectrum>& subjects) {
  const auto take = [](SubjectSpectrum& subject, std::int32_t adapter, double overlap) {
    if (std::isnan(overlap) || (subject.nearest >= 0 && overlap <= subject.nearest_overlap)) return;
    subject.nearest = adapter;
    subject.nearest_overlap = overlap;
  };
  for (std::size_t pair = 0; pair < s.overlap.of.size(); ++pair)
    for (SubjectSpectrum& subject : subjects) {
      const auto row = subject.first_row;
      if (subject_of_row(s, row) == subject_of_row(s.overlap, pair))
        take(subject, s.overlap.with_adapter[pair], s.overlap.out[pair]);
      else if (subject.of == SpectrumOf::adapter && subject.adapter == s.overlap.with_adapter[pair] &&
               s.overlap.adapter_index[pair] >= 0)
        take(subject, s.overlap.adapter_index[pair], s.overlap.out[pair]);
    }
}

}  // namespace

std::vector<SubjectSpectrum> subjects_of(const Spectrum& s) {
  std::vector<SubjectSpectrum> subjects;
  for (std::size_t row = 0; row < s.of.size(); ++row) {
    if (row == 0 || subject_of_row(s, row) != subject_of_row(s, row - 1))
      subjects.push_back({.of = static_cast<SpectrumOf>(s.of[row]),
                          .adapter = s.adapter_index[row],
                          .task = s.task_index[row],
                          .replicate = s.replicate[row],
                          .first_row = row});
    ++subjects.back().rows;
  }
  for (SubjectSpectrum& subject : subjects) fill_means(s, subject);
  fill_nearest(s, subjects);
  return subjects;
}

std::string subject_name(const SpectrumNames& names, const SubjectSpectrum& subject) {
  if (subject.of == SpectrumOf::adapter) return names.adapters.at(static_cast<std::size_t>(subject.adapter));
  return fmt::format("{} r{}", names.tasks.at(static_cast<std::size_t>(subject.task)), subject.replicate);
}

std::vector<double> mean_decay(const Spectrum& s, SpectrumOf of) {
  const auto components = static_cast<std::size_t>(s.components);
  std::vector<double> sums(components, 0), counts(components, 0);
  for (std::size_t row = 0; row < s.of.size(); ++row) {
    const double* values = s.singular_values.data() + row * components;
    if (s.of[row] != static_cast<std::int8_t>(of) || !(values[0] > 0)) continue;
    for (std::size_t k = 0; k < components && !std::isnan(values[k]); ++k) {
      sums[k] += values[k] / values[0];
      ++counts[k];
    }
  }
  std::vector<double> decay;
  for (std::size_t k = 0; k < components && counts[k] > 0; ++k) decay.push_back(sums[k] / counts[k]);
  return decay;
}

}  // namespace lorasweep

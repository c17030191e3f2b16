// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectrum/spectrum_text.h"

#include "pipeline/collect/csv_text.h"
#include "pipeline/outcome/text_table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::string digits(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }
std::string rounded(double value) { return std::isnan(value) ? "-" : fmt::format("{:.3g}", value); }
Json number(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

// Columns of whose a row is: what it is, adapter, task, replicate.
std::string subject_cells(const SpectrumNames& names, const auto& table, std::size_t row) {
  const bool is_adapter = table.of[row] == static_cast<std::int8_t>(SpectrumOf::adapter);
  if (is_adapter) return "adapter," + csv_text(names.adapters.at(table.adapter_index[row])) + ",,";
  return fmt::format("composition,,{},{}", csv_text(names.tasks.at(table.task_index[row])), table.replicate[row]);
}

void add_subject(const SpectrumNames& names, const auto& table, std::size_t row, Json& to) {
  if (table.of[row] == static_cast<std::int8_t>(SpectrumOf::adapter)) {
    to["adapter"] = names.adapters.at(table.adapter_index[row]);
  } else {
    to["task"] = names.tasks.at(table.task_index[row]);
    to["replicate"] = table.replicate[row];
  }
}

Json site_json(const Spectrum& s, std::size_t row) {
  Json values = Json::array();
  const auto components = static_cast<std::size_t>(s.components);
  for (std::size_t k = 0; k < components && !std::isnan(s.singular_values[row * components + k]); ++k)
    values.push_back(s.singular_values[row * components + k]);
  return {{"site", s.site[row]},
          {"out", s.out[row]},
          {"in", s.in[row]},
          {"rank", s.rank[row]},
          {"frobenius", number(s.frobenius[row])},
          {"top_share", number(s.top_share[row])},
          {"effective_rank", number(s.effective_rank[row])},
          {"stable_rank", number(s.stable_rank[row])},
          {"singular_values", values}};
}

}  // namespace

std::string spectrum_table_text(const Spectrum& spectrum, const SpectrumNames& names) {
  TextTable table{.columns = {{"adapter or composition", Align::left},
                              {"sites"},
                              {"rank"},
                              {"norm"},
                              {"top-1 share"},
                              {"effective rank"},
                              {"stable rank"},
                              {"nearest adapter", Align::left},
                              {"overlap"}},
                  .rows = {},
                  .totals = {}};
  for (const SubjectSpectrum& subject : subjects_of(spectrum)) {
    const bool is_alone = subject.nearest < 0;
    table.rows.push_back({subject_name(names, subject), std::to_string(subject.rows), std::to_string(subject.rank),
                          rounded(subject.frobenius), rounded(subject.top_share), rounded(subject.effective_rank),
                          rounded(subject.stable_rank), is_alone ? "" : names.adapters.at(subject.nearest),
                          is_alone ? "" : rounded(subject.nearest_overlap)});
  }
  return as_text(table);
}

std::string spectrum_csv(const Spectrum& spectrum, const SpectrumNames& names) {
  const Spectrum& s = spectrum;
  std::string text = "of,adapter,task,replicate,site,out,in,rank,frobenius,top_share,effective_rank,stable_rank";
  for (std::int32_t k = 0; k < s.components; ++k) text += fmt::format(",singular_values_{}", k);
  text += '\n';
  const auto components = static_cast<std::size_t>(s.components);
  for (std::size_t row = 0; row < s.of.size(); ++row) {
    text += fmt::format("{},{},{},{},{},{},{},{},{}", subject_cells(names, s, row), csv_text(s.site[row]), s.out[row],
                        s.in[row], s.rank[row], digits(s.frobenius[row]), digits(s.top_share[row]),
                        digits(s.effective_rank[row]), digits(s.stable_rank[row]));
    for (std::size_t k = 0; k < components; ++k) text += "," + digits(s.singular_values[row * components + k]);
    text += '\n';
  }
  return text;
}

std::string overlap_csv(const Spectrum& spectrum, const SpectrumNames& names) {
  const Spectrum::Overlap& o = spectrum.overlap;
  std::string text = "of,adapter,task,replicate,with_adapter,n_sites,out,in\n";
  for (std::size_t row = 0; row < o.of.size(); ++row)
    text +=
        fmt::format("{},{},{},{},{}\n", subject_cells(names, o, row), csv_text(names.adapters.at(o.with_adapter[row])),
                    o.n_sites[row], digits(o.out[row]), digits(o.in[row]));
  return text;
}

std::string spectrum_json(const Spectrum& spectrum, const SpectrumNames& names) {
  const Spectrum& s = spectrum;
  Json all = {{"adapters", Json::array()}, {"compositions", Json::array()}, {"overlap", Json::array()}};
  for (const SubjectSpectrum& subject : subjects_of(s)) {
    Json entry;
    add_subject(names, s, subject.first_row, entry);
    entry["frobenius"] = number(subject.frobenius);
    entry["mean"] = {{"top_share", number(subject.top_share)},
                     {"effective_rank", number(subject.effective_rank)},
                     {"stable_rank", number(subject.stable_rank)}};
    entry["sites"] = Json::array();
    for (std::size_t row = subject.first_row; row < subject.first_row + subject.rows; ++row)
      entry["sites"].push_back(site_json(s, row));
    all[subject.of == SpectrumOf::adapter ? "adapters" : "compositions"].push_back(std::move(entry));
  }
  const Spectrum::Overlap& o = s.overlap;
  for (std::size_t row = 0; row < o.of.size(); ++row) {
    Json pair;
    add_subject(names, o, row, pair);
    pair["with_adapter"] = names.adapters.at(o.with_adapter[row]);
    pair["n_sites"] = o.n_sites[row];
    pair["out"] = number(o.out[row]);
    pair["in"] = number(o.in[row]);
    all["overlap"].push_back(std::move(pair));
  }
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lorasweep

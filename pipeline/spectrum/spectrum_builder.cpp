// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectrum/spectrum_builder.h"

#include "pipeline/low_rank/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace lorasweep {

void SpectrumBuilder::add_adapter(std::int32_t index, const ChangedSites& sites) {
  const Subject subject{.of = SpectrumOf::adapter, .adapter = index};
  SpacesBySite spaces = add_sites(subject, sites);
  for (const auto& [other, its_spaces] : adapters_) compare(subject, spaces, other);
  adapters_[index] = std::move(spaces);
}

void SpectrumBuilder::add_composition(std::int32_t task, std::int32_t replicate,
                                      const std::vector<std::int32_t>& adapters, const ChangedSites& sites) {
  const Subject subject{.of = SpectrumOf::composition, .task = task, .replicate = replicate};
  const SpacesBySite spaces = add_sites(subject, sites);
  for (const std::int32_t adapter : adapters) compare(subject, spaces, adapter);
}

SpectrumBuilder::SpacesBySite SpectrumBuilder::add_sites(const Subject& subject, const ChangedSites& sites) {
  SpacesBySite spaces;
  for (std::size_t i = 0; i < sites.names.size(); ++i) {
    const SiteChange change = sites.read(i);
    SiteSpectrum of_site = spectrum_of(change.factors, change.scaling);
    const SpectrumMeasures measures = measures_of(of_site.values);
    spectrum_.of.push_back(static_cast<std::int8_t>(subject.of));
    spectrum_.adapter_index.push_back(subject.adapter);
    spectrum_.task_index.push_back(subject.task);
    spectrum_.replicate.push_back(subject.replicate);
    spectrum_.site.push_back(sites.names[i]);
    spectrum_.out.push_back(static_cast<std::int32_t>(change.factors.b.shape[0]));
    spectrum_.in.push_back(static_cast<std::int32_t>(change.factors.a.shape[1]));
    spectrum_.rank.push_back(static_cast<std::int32_t>(change.factors.a.shape[0]));
    spectrum_.frobenius.push_back(measures.frobenius);
    spectrum_.top_share.push_back(measures.top_share);
    spectrum_.effective_rank.push_back(measures.effective_rank);
    spectrum_.stable_rank.push_back(measures.stable_rank);
    values_.push_back(std::move(of_site.values));
    spaces[sites.names[i]] = {std::move(of_site.left), std::move(of_site.right)};
  }
  return spaces;
}

void SpectrumBuilder::compare(const Subject& subject, const SpacesBySite& spaces, std::int32_t with_adapter) {
  double out = 0, in = 0;
  std::int32_t sites = 0;
  const SpacesBySite& others = adapters_.at(with_adapter);
  for (const auto& [site, mine] : spaces) {
    const auto theirs = others.find(site);
    if (theirs == others.end() || mine.left.shape[0] != theirs->second.left.shape[0] ||
        mine.right.shape[0] != theirs->second.right.shape[0])
      continue;
    const double of_outputs = subspace_overlap(mine.left, theirs->second.left);
    if (std::isnan(of_outputs)) continue;  // one of them adds nothing here
    out += of_outputs;
    in += subspace_overlap(mine.right, theirs->second.right);
    ++sites;
  }
  Spectrum::Overlap& overlap = spectrum_.overlap;
  overlap.of.push_back(static_cast<std::int8_t>(subject.of));
  overlap.adapter_index.push_back(subject.adapter);
  overlap.task_index.push_back(subject.task);
  overlap.replicate.push_back(subject.replicate);
  overlap.with_adapter.push_back(with_adapter);
  overlap.n_sites.push_back(sites);
  const double count = sites == 0 ? std::numeric_limits<double>::quiet_NaN() : sites;
  overlap.out.push_back(out / count);
  overlap.in.push_back(in / count);
}

Spectrum SpectrumBuilder::finish() && {
  std::size_t most = 0;
  for (const auto& values : values_) most = std::max(most, values.size());
  spectrum_.components = static_cast<std::int32_t>(most);
  for (auto& values : values_) {
    values.resize(most, std::numeric_limits<double>::quiet_NaN());
    spectrum_.singular_values.insert(spectrum_.singular_values.end(), values.begin(), values.end());
  }
  return std::move(spectrum_);
}

}  // namespace lorasweep

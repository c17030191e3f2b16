// SPDX-License-Identifier: Apache-2.0
#include "workers/lora/site_groups.h"

#include <array>
#include <span>
#include <string>

namespace lorasweep {
namespace {

constexpr std::array encoder_parts = {Part::self_in, Part::self_out, Part::ff_in, Part::ff_out};
constexpr std::array decoder_parts = {Part::self_in, Part::self_out,  Part::cross_q, Part::cross_k,
                                      Part::cross_v, Part::cross_out, Part::ff_in,   Part::ff_out};

int sites_of(Part part, FeedForward feed_forward) {
  if (part == Part::self_in) return 3;
  if (part == Part::ff_in) return feed_forward == FeedForward::gated_gelu ? 2 : 1;
  return 1;
}

}  // namespace

SiteGroups::SiteGroups(const T5Config& config) : encoder_layers_(config.encoder_layers) {
  const std::vector<LoraSite> sites = lora_sites(config);
  const auto add_layer = [&](std::span<const Part> parts) {
    for (const Part part : parts) {
      SiteGroup group;
      group.in = sites.at(sites_).in;
      int column = 0;
      for (int i = 0; i < sites_of(part, config.feed_forward); ++i) {
        const LoraSite& site = sites.at(sites_);
        group.entries.push_back({.site = sites_, .column = column, .out = site.out});
        column += site.out;
        ++sites_;
      }
      groups_.push_back(std::move(group));
    }
  };
  for (int layer = 0; layer < config.encoder_layers; ++layer) add_layer(encoder_parts);
  for (int layer = 0; layer < config.decoder_layers; ++layer) add_layer(decoder_parts);
}

int SiteGroups::index(Stack stack, int layer, Part part) const {
  const bool encoder = stack == Stack::encoder;
  const std::span<const Part> parts =
      encoder ? std::span<const Part>(encoder_parts) : std::span<const Part>(decoder_parts);
  int first = encoder ? layer * static_cast<int>(encoder_parts.size())
                      : encoder_layers_ * static_cast<int>(encoder_parts.size()) +
                            layer * static_cast<int>(decoder_parts.size());
  for (const Part candidate : parts) {
    if (candidate == part) return first;
    ++first;
  }
  return -1;
}

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Computes the small piece of work, and compares its digests over all ranks.
#include "pipeline/run/check_values.h"

#include "data/core/digest.h"
#include "data/core/error.h"
#include "workers/check/check_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace lorasweep {
namespace {

std::string digest(const std::string& bytes) { return sha256_hex(bytes).substr(0, 16); }

// A rank that could not pack has no layout.
std::string named(const std::string& value, const CheckValues& of) {
  return value.empty() ? "nothing (" + of.problem + ")" : value;
}

ConfigError refusal(const CheckValues& other, const char* does, const std::string& value, const CheckValues& first,
                    const std::string& expected) {
  return {other.where,
          fmt::format("{} a small fixed piece of work to {}, {} to {}: results would depend on who computed them", does,
                      value, first.where, expected),
          "run the sweep on nodes of one kind, with the same libraries and the same environment"};
}

}  // namespace

CheckValues check_values_of_packer(std::string where, const CheckQuestion& question) {
  CheckValues values{.where = std::move(where), .layout = {}, .computed = {}, .rotary = {}, .problem = {}};
  try {
    const auto packing = make_packing({.activation = question.activation, .kind = question.kind});
    values.layout = digest(pack_check_work(*packing));
  } catch (const std::exception& error) {
    values.problem = error.what();
  }
  return values;
}

CheckValues check_values(std::string where, const CheckQuestion& question, int index) {
  CheckValues values = check_values_of_packer(std::move(where), question);
  if (values.layout.empty()) return values;
  try {
    const auto ops = make_ops({.activation = question.activation, .kind = question.kind, .index = index});
    const std::string rotary = compute_rotary_check_work(*ops);
    if (!rotary.empty()) values.rotary = digest(rotary);
    values.computed = digest(compute_check_work(*ops, question.composition));
  } catch (const std::exception& error) {
    values.problem = error.what();
  }
  return values;
}

std::string agreed_value(std::span<const CheckValues> ranks) {
  if (ranks.empty()) throw InternalError("there are no check values to compare");
  const CheckValues& rank_0 = ranks.front();
  for (const CheckValues& rank : ranks)
    if (rank.layout != rank_0.layout)
      throw refusal(rank, "packs", named(rank.layout, rank), rank_0, named(rank_0.layout, rank_0));
  const auto first = std::ranges::find_if(ranks, [](const CheckValues& rank) { return !rank.computed.empty(); });
  if (first == ranks.end()) return "";
  for (const CheckValues& rank : ranks) {
    if (rank.computed.empty()) continue;
    if (rank.computed != first->computed) throw refusal(rank, "computes", rank.computed, *first, first->computed);
    if (rank.rotary != first->rotary)
      throw refusal(rank, "computes (of decoder-only networks)", named(rank.rotary, rank), *first,
                    named(first->rotary, *first));
  }
  return first->computed;
}

}  // namespace lorasweep

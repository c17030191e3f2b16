// SPDX-License-Identifier: Apache-2.0
// What a call refused, as facts: whose fault, where, and the names, values and limits that its message holds.
#pragma once

#include "data/core/error.h"

#include <gmock/gmock.h>

#include <cctype>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lorasweep {

struct Refusal {
  ExitCode code = ExitCode::ok;  ///< ok: the call came back
  std::string where, problem, remedy;
};

inline void PrintTo(const Refusal& refusal, std::ostream* out) {
  if (refusal.code == ExitCode::ok)
    *out << "accepted";
  else
    *out << "refused with " << static_cast<int>(refusal.code) << " at \"" << refusal.where << "\": \""
         << refusal.problem << "\"; remedy \"" << refusal.remedy << "\"";
}

/// How `act` ends. An exception that is no Error fails the test that called.
template <typename Act>
Refusal refusal_of(Act&& act) {
  try {
    act();
  } catch (const Error& error) {
    return {error.code(), error.where(), error.problem(), error.remedy()};
  }
  return {};
}

/// Whether `fact` is in `text` as whole words: "1" is not in "12".
inline bool holds_fact(std::string_view text, std::string_view fact) {
  const auto in_word = [&](std::size_t i) { return std::isalnum(static_cast<unsigned char>(text[i])) != 0; };
  for (std::size_t at = text.find(fact); at != std::string_view::npos; at = text.find(fact, at + 1)) {
    const std::size_t end = at + fact.size();
    if (fact.empty()) return true;
    if ((at == 0 || !in_word(at - 1) || !in_word(at)) && (end == text.size() || !in_word(end - 1) || !in_word(end)))
      return true;
  }
  return false;
}

MATCHER(Accepted, "is accepted") { return arg.code == ExitCode::ok; }

MATCHER_P3(RefusedWith, code, place, facts, "is refused with this code, place and facts") {
  if (arg.code != code) return false;
  if (!holds_fact(arg.where, place)) {
    *result_listener << "another place than " << place;
    return false;
  }
  for (const std::string& fact : facts)
    if (!holds_fact(arg.where, fact) && !holds_fact(arg.problem, fact)) {
      *result_listener << "it does not hold " << fact;
      return false;
    }
  return true;
}

MATCHER(HasRemedy, "says what to do") { return !arg.remedy.empty(); }

/// `place` is in where(), each fact (a name, a value, a limit: no prose) in where() or problem(), and there is a
/// remedy.
inline auto Refused(ExitCode code, std::string place = "", std::vector<std::string> facts = {}) {
  return testing::AllOf(RefusedWith(code, std::move(place), std::move(facts)), HasRemedy());
}

/// The same of a refusal that no user has a remedy for: what was asked for is not there.
inline auto Reported(ExitCode code, std::string place = "", std::vector<std::string> facts = {}) {
  return RefusedWith(code, std::move(place), std::move(facts));
}

MATCHER_P(HoldsFacts, facts, "holds each of these facts") {
  for (const std::string& fact : facts)
    if (!holds_fact(arg, fact)) {
      *result_listener << "it does not hold " << fact;
      return false;
    }
  return true;
}

/// A message, already in words, that holds each fact.
inline auto Tells(std::vector<std::string> facts) { return HoldsFacts(std::move(facts)); }

}  // namespace lorasweep

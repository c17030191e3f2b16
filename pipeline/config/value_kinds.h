// SPDX-License-Identifier: Apache-2.0
// Kinds of configuration values: each reads one from JSON, shows one as JSON, and says what it allows.
#pragma once

#include "pipeline/config/config.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep::kinds {

using Json = nlohmann::ordered_json;

/// A value was refused; what() is what is wrong with it: "must be ..., not 0".
class WrongValue : public std::runtime_error {
  using runtime_error::runtime_error;
};

/// "must be <wanted>, not <value>"
[[noreturn]] void refuse(const std::string& wanted, const Json& value);

/// Where a relative path starts from.
using Directory = std::filesystem::path;

/// T: an integer type, or std::optional of one (not set: null).
template <typename T>
struct Integer {
  using Value = T;
  std::int64_t low, high;
  std::string type() const { return "integer"; }
  std::string allowed() const { return std::to_string(low) + " to " + std::to_string(high); }
  T read(const Json& value, const Directory&) const {
    const bool in_range = value.is_number_unsigned() ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(high)
                                                     : value.is_number_integer() && value.get<std::int64_t>() <= high;
    if (!in_range || value.get<std::int64_t>() < low)
      refuse("an integer from " + std::to_string(low) + " to " + std::to_string(high), value);
    if constexpr (requires { typename T::value_type; })
      return static_cast<typename T::value_type>(value.get<std::int64_t>());
    else
      return static_cast<T>(value.get<std::int64_t>());
  }
  Json show(const T& value) const {
    if constexpr (requires { typename T::value_type; })
      return value ? Json(*value) : Json();
    else
      return value;
  }
};

/// A finite number, at least `low`.
struct Number {
  using Value = double;
  double low;
  std::string type() const { return "number"; }
  std::string allowed() const;
  double read(const Json& value, const Directory&) const;
  Json show(double value) const { return value; }
};

/// Two finite numbers, the first below 0 or 0, the second above the first and not below 0: a search starts at 0.
struct BoundsAroundZero {
  using Value = Bounds;
  std::string type() const { return "two numbers"; }
  std::string allowed() const { return "low <= 0 <= high, low < high"; }
  Bounds read(const Json& value, const Directory&) const;
  Json show(const Bounds& value) const { return Json::array({value.low, value.high}); }
};

struct Text {
  using Value = std::string;
  std::string type() const { return "text"; }
  std::string allowed() const { return ""; }
  std::string read(const Json& value, const Directory&) const;  ///< not empty, no NUL
  Json show(const std::string& value) const { return value; }
};

/// data/model/scope.h
struct ScopeOfNumbers {
  using Value = Scope;
  std::string type() const { return "scope"; }
  std::string allowed() const { return "model | groups:N | maps"; }
  Scope read(const Json& value, const Directory&) const;
  Json show(const Scope& scope) const { return name_of(scope); }
};

struct YesOrNo {
  using Value = bool;
  std::string type() const { return "true or false"; }
  std::string allowed() const { return ""; }
  bool read(const Json& value, const Directory&) const;
  Json show(bool value) const { return value; }
};

/// "3/9": the third of nine parts.
struct Part {
  using Value = SweepPart;
  std::string type() const { return "part of parts"; }
  std::string allowed() const { return "K/N, K from 1 to N, N up to 10000"; }
  SweepPart read(const Json& value, const Directory&) const;
  Json show(const SweepPart& part) const { return std::to_string(part.number) + "/" + std::to_string(part.of); }
};

/// Text that may be not set.
struct OptionalText : Text {
  Json show(const std::string& value) const { return value.empty() ? Json() : Json(value); }
};

/// A prompt template, data/tasks/prompt.h.
struct Prompt : OptionalText {
  std::string allowed() const { return "holds {input}, may hold {instruction}"; }
  std::string read(const Json& value, const Directory& directory) const;
};

/// A template of what is to be answered, data/tasks/prompt.h.
struct Completion : OptionalText {
  std::string allowed() const { return "holds {target}"; }
  std::string read(const Json& value, const Directory& directory) const;
};

struct Path {
  using Value = std::filesystem::path;
  std::string type() const { return "path"; }
  std::string allowed() const { return ""; }
  std::filesystem::path read(const Json& value, const Directory& directory) const;
  Json show(const std::filesystem::path& value) const { return value.empty() ? Json() : Json(value.string()); }
};

/// A directory, or org/name[@revision] where there is no such directory.
struct ModelPath : OptionalText {
  std::string type() const { return "path or org/name[@revision]"; }
  std::string read(const Json& value, const Directory& directory) const;
};

/// One of a few words. T: what they stand for.
template <typename T>
struct OneWord {
  using Value = T;
  std::vector<std::pair<std::string, T>> choices;
  std::string type() const { return "word"; }
  std::string allowed() const {
    std::string all;
    for (const auto& [word, meaning] : choices) all += (all.empty() ? "" : " | ") + word;
    return all;
  }
  T read(const Json& value, const Directory&) const {
    for (const auto& [word, meaning] : choices)
      if (value == word) return meaning;
    refuse_choice(value);
  }
  Json show(const T& value) const {
    for (const auto& [word, meaning] : choices)
      if (meaning == value) return word;
    throw std::logic_error("a choice without a word");
  }

 private:
  [[noreturn]] void refuse_choice(const Json& value) const;
};

enum class Emptiness { allowed, refused };
enum class Repetition { allowed, refused };

constexpr std::size_t most_entries = 10'000;

/// A list of one kind, of at most `most_entries`.
template <typename Element>
struct ListOf {
  using Value = std::vector<typename Element::Value>;
  Element element;
  Emptiness emptiness = Emptiness::refused;
  Repetition repetition = Repetition::refused;
  std::string type() const { return "list of " + element.type() + "s"; }
  std::string allowed() const { return element.allowed(); }
  Value read(const Json& value, const Directory& directory) const {
    if (!value.is_array()) refuse("a " + type(), value);
    if (value.empty() && emptiness == Emptiness::refused) throw WrongValue("must not be empty");
    if (value.size() > most_entries)
      throw WrongValue("must have at most " + std::to_string(most_entries) + " entries, not " +
                       std::to_string(value.size()));
    Value values;
    for (const Json& entry : value) {
      try {
        values.push_back(element.read(entry, directory));
      } catch (const WrongValue& wrong) {
        throw WrongValue("holds a value that " + std::string(wrong.what()));
      }
      if (repetition == Repetition::allowed) continue;
      for (std::size_t i = 0; i + 1 < values.size(); ++i)
        if (values[i] == values.back()) throw WrongValue("holds " + entry.dump() + " twice");
    }
    return values;
  }
  Json show(const Value& values) const {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(element.show(value));
    return list;
  }
};

/// A list without repetition, or, for a list of one, its element alone: what was one value before it could be several.
template <typename Element>
struct OneOrMore {
  using Value = std::vector<typename Element::Value>;
  Element element;
  std::string type() const { return element.type() + ", or a list of them"; }
  std::string allowed() const { return element.allowed(); }
  Value read(const Json& value, const Directory& directory) const {
    if (!value.is_array()) return {element.read(value, directory)};
    return ListOf<Element>{element}.read(value, directory);
  }
  Json show(const Value& values) const {
    return values.size() == 1 ? element.show(values.front()) : ListOf<Element>{element}.show(values);
  }
};

[[noreturn]] void refuse_word(const std::vector<std::string>& words, const Json& value);

template <typename T>
void OneWord<T>::refuse_choice(const Json& value) const {
  std::vector<std::string> words;
  for (const auto& [word, meaning] : choices) words.push_back(word);
  refuse_word(words, value);
}

}  // namespace lorasweep::kinds

// SPDX-License-Identifier: Apache-2.0
// Reading of the kinds of values that need more than a comparison.
#include "pipeline/config/value_kinds.h"

#include "data/core/error.h"
#include "data/tasks/prompt.h"
#include "pipeline/config/nearest_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <regex>

namespace lorasweep::kinds {
namespace {

std::string shown(const Json& value) {
  constexpr std::size_t longest = 60;
  if (value.is_number_float() && !std::isfinite(value.get<double>())) return fmt::format("{}", value.get<double>());
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return text;
}

bool is_finite_number(const Json& value) { return value.is_number() && std::isfinite(value.get<double>()); }

std::filesystem::path absolute(const std::string& path, const Directory& directory) {
  std::filesystem::path normal = (directory / path).lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();  // "adapters/": the same directory
  return normal;
}

// As the hub allows: one slash, no path that could start at "." or "/".
bool is_repository_name(const std::string& text) {
  static const std::regex form(
      R"([A-Za-z0-9_][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}(@[A-Za-z0-9_][A-Za-z0-9_./-]{0,95})?)");
  return text.size() < 300 && std::regex_match(text, form);
}

template <typename Template>
std::string template_text(std::string text) {
  try {
    const Template check(text);
  } catch (const ConfigError& error) {
    throw WrongValue("does not work: " + error.problem() + "; " + error.remedy());
  }
  return text;
}

}  // namespace

void refuse(const std::string& wanted, const Json& value) {
  throw WrongValue("must be " + wanted + ", not " + shown(value));
}

void refuse_word(const std::vector<std::string>& words, const Json& value) {
  std::string text = fmt::format("must be one of {}, not {}", fmt::join(words, ", "), shown(value));
  if (value.is_string())
    if (const auto meant = nearest_name(value.get_ref<const std::string&>(), words))
      text += fmt::format(" (did you mean {}?)", *meant);
  throw WrongValue(text);
}

std::string Number::allowed() const { return fmt::format("{} or more", low); }

double Number::read(const Json& value, const Directory&) const {
  if (!is_finite_number(value) || value.get<double>() < low)
    refuse(fmt::format("a finite number, {} or more", low), value);
  return value.get<double>();
}

Bounds BoundsAroundZero::read(const Json& value, const Directory&) const {
  if (!value.is_array() || value.size() != 2 || !std::ranges::all_of(value, is_finite_number))
    refuse("two finite numbers [low, high]", value);
  const Bounds bounds{.low = value[0].get<double>(), .high = value[1].get<double>()};
  if (bounds.low >= bounds.high || bounds.low > 0 || bounds.high < 0 || !std::isfinite(bounds.high - bounds.low))
    refuse("[low, high] with low < high and 0 between them, where every search starts", value);
  return bounds;
}

Scope ScopeOfNumbers::read(const Json& value, const Directory&) const {
  if (value.is_string())
    if (const auto scope = scope_named(value.get_ref<const std::string&>())) return *scope;
  refuse("\"model\", \"groups:N\" (N from 1) or \"maps\"", value);
}

bool YesOrNo::read(const Json& value, const Directory&) const {
  if (!value.is_boolean()) refuse("true or false", value);
  return value.get<bool>();
}

SweepPart Part::read(const Json& value, const Directory&) const {
  if (!value.is_string()) refuse("part like \"3/9\"", value);
  const auto text = value.get<std::string>();
  const char* end = text.data() + text.size();
  SweepPart part;
  const auto [slash, bad_number] = std::from_chars(text.data(), end, part.number);
  if (bad_number != std::errc{} || slash == end || *slash != '/') refuse("part like \"3/9\"", value);
  const auto [last, bad_of] = std::from_chars(slash + 1, end, part.of);
  if (bad_of != std::errc{} || last != end || part.number < 1 || part.of > 10000 || part.number > part.of)
    refuse("part like \"3/9\"", value);
  return part;
}

std::string Text::read(const Json& value, const Directory&) const {
  if (!value.is_string()) refuse("text", value);
  auto text = value.get<std::string>();
  if (text.empty()) throw WrongValue("must not be empty");
  if (text.find('\0') != std::string::npos) refuse("text without NUL", value);
  return text;
}

std::string Prompt::read(const Json& value, const Directory& directory) const {
  return template_text<PromptTemplate>(Text::read(value, directory));
}

std::string Completion::read(const Json& value, const Directory& directory) const {
  return template_text<CompletionTemplate>(Text::read(value, directory));
}

std::filesystem::path Path::read(const Json& value, const Directory& directory) const {
  return absolute(Text{}.read(value, directory), directory);
}

std::string ModelPath::read(const Json& value, const Directory& directory) const {
  std::string text = Text::read(value, directory);
  const std::filesystem::path path = absolute(text, directory);
  std::error_code ignored;
  return is_repository_name(text) && !std::filesystem::exists(path, ignored) ? text : path.string();
}

}  // namespace lorasweep::kinds

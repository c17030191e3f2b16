// SPDX-License-Identifier: Apache-2.0
// Builds a document from the parser's events, so that limits are checked before anything is stored.
#include "data/core/json.h"

#include "data/core/error.h"
#include "data/core/foreign_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_shown = 100;  // of a string of the file, in a message

// A reading in one pass that checks while it builds. The parser itself refuses invalid UTF-8, lone
// surrogates, NaN and Infinity; it knows no bound on depth and keeps the last of two equal keys.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(int most_depth) : most_depth_(most_depth) {}

  bool null() override { return value(Json(nullptr)); }
  bool boolean(bool v) override { return value(Json(v)); }
  bool number_integer(number_integer_t v) override { return value(Json(v)); }
  bool number_unsigned(number_unsigned_t v) override { return value(Json(v)); }
  bool number_float(number_float_t v, const string_t& text) override {
    if (!std::isfinite(v)) return refuse("the number " + text + " does not fit a double");
    return value(Json(v));
  }
  bool string(string_t& v) override {
    if (v.find('\0') != std::string::npos) return refuse("a string has a NUL character in it");
    return value(Json(std::move(v)));
  }
  bool binary(binary_t&) override { return refuse("binary values are not JSON"); }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (name.find('\0') != std::string::npos) return refuse("a key has a NUL character in it");
    if (!keys_.back().insert(name).second)
      return refuse("the key \"" + name.substr(0, longest_shown) + "\" appears twice in one object");
    pending_key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    const std::string text = error.what();  // "[json.exception...] parse error at line 1, column 2: ..."
    const std::size_t colon = text.find(": ");
    problem_ = colon == std::string::npos ? text : text.substr(colon + 2);
    return false;
  }

  Json take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

 private:
  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  Json* place(Json&& json) {
    if (open_.empty()) {
      root_ = std::move(json);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(json));
    // The key is known to be new. ordered_map would compare it with every other one: hours for a large
    // hostile object.
    auto& fields = static_cast<Json::object_t::Container&>(parent.get_ref<Json::object_t&>());
    return &fields.emplace_back(std::move(pending_key_), std::move(json)).second;
  }
  bool value(Json&& json) {
    place(std::move(json));
    return true;
  }
  bool open(Json&& json) {
    if (std::cmp_greater_equal(open_.size(), most_depth_))
      return refuse(fmt::format("it is nested deeper than {}", most_depth_));
    open_.push_back(place(std::move(json)));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  int most_depth_;
  Json root_;
  std::vector<Json*> open_;  // stable: only the innermost container grows
  std::vector<std::set<std::string>> keys_;
  std::string pending_key_, problem_;
};

// Counts lines while the parser reads, so that the line is known also where the checks above stop it.
struct Counting {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  const char* at;
  std::size_t* line;
  reference operator*() const { return *at; }
  Counting& operator++() {
    if (*at == '\n') ++*line;
    ++at;
    return *this;
  }
  Counting operator++(int) {
    Counting before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Counting& other) const { return at == other.at; }
  bool operator!=(const Counting& other) const { return at != other.at; }
};

}  // namespace

Json parse_json(std::string_view text, const std::string& where, JsonLimits limits) {
  if (text.size() > limits.bytes)
    throw InputError(where,
                     fmt::format("the JSON has {} bytes, more than the {} allowed here", text.size(), limits.bytes));
  const auto refuse_if_foreign = [&] {
    if (!text.empty()) refuse_foreign_content(text, where);
  };
  // The parser would take a NUL for the end, and so not see what follows it.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    refuse_if_foreign();
    throw InputError(fmt::format("{}:{}", where, 1 + std::count(text.begin(), text.begin() + nul, '\n')),
                     "not valid JSON: there is a NUL character", "correct the file");
  }
  Builder builder(limits.depth);
  std::size_t line = 1;
  const Counting begin{text.data(), &line}, end{text.data() + text.size(), &line};
  if (!Json::sax_parse(begin, end, &builder, nlohmann::detail::input_format_t::json, /*strict=*/true)) {
    refuse_if_foreign();
    throw InputError(fmt::format("{}:{}", where, line), "not valid JSON: " + builder.problem(), "correct the file");
  }
  return builder.take();
}

}  // namespace lorasweep

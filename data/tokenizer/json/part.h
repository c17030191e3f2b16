// SPDX-License-Identifier: Apache-2.0
// A part of tokenizer.json together with its place, so that every reader of a part refuses in the same way.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// A value of the file with its path in it ("normalizer.normalizers[1]"). Points into the document, which must outlive
/// it. Whatever is not there, or has another type than asked for, is an InputError naming file and place.
class TokenizerPart {
 public:
  using Json = nlohmann::ordered_json;
  TokenizerPart(const Json& json, std::string file, std::string place);

  const Json& json() const { return *json_; }
  const std::string& file() const { return file_; }
  const std::string& place() const { return place_; }
  bool is_null() const { return json_->is_null(); }

  /// Of an object. `find`: nothing if the key is missing or null.
  TokenizerPart at(const char* key) const;
  std::optional<TokenizerPart> find(const char* key) const;
  /// The value itself.
  std::string text(std::size_t longest) const;
  std::int64_t number(std::int64_t least, std::int64_t most) const;
  bool flag() const;
  /// A flag of an object, which may be missing.
  bool flag(const char* key, bool otherwise) const;

  /// The entries of a list.
  std::vector<TokenizerPart> entries(std::size_t most) const;
  /// Names its kind: "type" of an object.
  std::string type() const;
  /// The steps that a part consists of: none if it is null, those of its list if it is a "Sequence" (with `list` as
  /// key), itself if it is any other step.
  std::vector<TokenizerPart> steps(const char* list) const;

  /// Refuses a key that is not among these and says something.
  void allow_only(std::initializer_list<std::string_view> keys) const;

  /// Damage: `problem` follows the place.
  [[noreturn]] void refuse(const std::string& problem) const;
  /// A part that is valid and that this program does not have.
  [[noreturn]] void refuse_unknown(const std::string& problem) const;

 private:
  const Json* json_;
  std::string file_, place_;
};

}  // namespace lorasweep

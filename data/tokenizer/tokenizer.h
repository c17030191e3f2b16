// SPDX-License-Identifier: Apache-2.0
// Texts to ids and back, as a model's own tokenizer does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

using TokenIds = std::vector<std::int32_t>;

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Ids of a prompt, with the special tokens that the model expects, at most the model's longest sequence.
  virtual TokenIds encode(std::string_view text) const = 0;
  /// An example: ids of a prompt, and those that the model is to answer, which the loss counts; the end token is the
  /// last of these. Each at most the model's longest sequence.
  struct Pair {
    TokenIds source, target;
    std::size_t source_length = 0, target_length = 0;  ///< ids that they would have if none were cut off
    /// The ids that the prompt has by itself begin those of the example. If not, a token reaches over the border, and
    /// an answer is asked for after other ids than the loss was made with.
    bool source_is_prefix = true;
  };
  virtual Pair encode_pair(std::string_view source, std::string_view target) const = 0;
  /// The text of an answer, without special tokens.
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;

  /// An answer ends with any of these.
  virtual TokenIds stop_ids() const = 0;
  /// What a token adds to the text of a running answer, before anything is stripped or cleaned up; special tokens
  /// add nothing.
  virtual std::string bytes_of(std::int32_t id) const = 0;
  /// The special token that is written so, if one is.
  virtual std::optional<std::int32_t> special_token(std::string_view text) const = 0;

  /// Compares the tokenizer files that lie beside an adapter, as far as there are any, with this tokenizer. InputError
  /// naming file and token for one that this tokenizer does not have, or under another id: the adapter was trained on
  /// other ids than it would be given. A family whose adapters come without such files need not look.
  virtual void refuse_other_tokens(const std::filesystem::path& adapter) const { static_cast<void>(adapter); }

  virtual int vocabulary() const = 0;  ///< ids from 0 to one less have a meaning
  /// The files that decide all this, for digests and messages; at least one.
  virtual std::vector<std::filesystem::path> files() const = 0;
  /// What else decides it, for digests; empty: all is as usual.
  virtual std::string settings() const = 0;
};

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// A tokenizer for the demo's model that needs no library: the best segmentation of plain ASCII text by the scores of
// tokenizer.json. It lets the engine's tests run on a machine without sentencepiece; where that is,
// tests/parity/tokenizers_test.cpp holds both to the same ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lorasweep {

class UnigramTokenizer {
 public:
  /// Reads `directory`/tokenizer.json.
  explicit UnigramTokenizer(const std::filesystem::path& directory);

  /// Ids with the final </s>. Throws InternalError for text that is not ASCII.
  std::vector<std::int32_t> encode(std::string_view text) const;
  std::string decode(std::span<const std::int32_t> ids) const;
  int vocabulary() const { return static_cast<int>(pieces_.size()); }

 private:
  struct Piece {
    std::string text;
    double score;
  };
  std::vector<Piece> pieces_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::size_t longest_ = 0;
  double lowest_ = 0;
};

}  // namespace lorasweep

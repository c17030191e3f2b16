// SPDX-License-Identifier: Apache-2.0
// Usage: tokenizer_bench [directory with a tokenizer.json [text file ...]]
// Reads and tokenizes on one thread, each text several times, and prints the best rates, by processor time. Without
// arguments the small tokenizers of the tests; without files, texts made here: plain English, other scripts, and what
// an adversary would send.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/tokenizer/json/json_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

// Of this process, whoever else uses the machine.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double seconds_of(double begin) { return processor_seconds() - begin; }

std::string repeated(std::string_view unit, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  return text;
}

std::vector<std::pair<std::string, std::string>> made_texts() {
  constexpr std::size_t bytes = 4'000'000;
  return {
      {"English", repeated("Q: Today, 12/25/2023, they'll meet at the (very) old house near the river. Which of the "
                           "following statements is true?\nOptions:\n(A) It wasn't raining.\n(B) 3.5 * 17 = 59.5\n",
                           bytes)},
      {"French, Russian, Chinese",
       repeated(
           "C'est une journ\u00e9e tr\u00e8s agr\u00e9able. \u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! "
           "\u4f60\u597d\uff0c\u4e16\u754c\u3002",
           bytes)},
      {"one letter", std::string(bytes, 'a')},
      {"one space", std::string(bytes, ' ')},
      {"marks", repeated("e\u0301\u0323", bytes)},
      {"<", std::string(bytes, '<')}};
}

void measure(const JsonTokenizer& tokenizer, const std::string& name, const std::string& text) {
  // As texts of tasks are: some hundred bytes each; and as one.
  constexpr std::size_t usual = 512;
  double best_cut = 1e9, best_whole = 1e9;
  std::size_t tokens = 0;
  JsonTokenizer::Counted counted;
  for (int i = 0; i < 5; ++i) {
    auto begin = processor_seconds();
    tokens = 0;
    for (std::size_t at = 0; at < text.size(); at += usual)
      tokens += tokenizer.ids_of(std::string_view(text).substr(at, usual)).size();
    best_cut = std::min(best_cut, seconds_of(begin));
    begin = processor_seconds();
    counted = tokenizer.counted_ids_of(text);
    best_whole = std::min(best_whole, seconds_of(begin));
  }
  const double megabytes = static_cast<double>(text.size()) / 1e6;
  fmt::print("  {:<26} {:6.2f} MB/s in texts of {}, {:6.2f} MB/s as one, {:4.1f} bytes a token, {:4.1f} steps a byte\n",
             name, megabytes / best_cut, usual, megabytes / best_whole,
             static_cast<double>(text.size()) / static_cast<double>(tokens),
             static_cast<double>(counted.steps) / static_cast<double>(text.size()));
}

void measure_directory(const std::filesystem::path& directory,
                       const std::vector<std::pair<std::string, std::string>>& texts) {
  const auto begin = processor_seconds();
  const JsonTokenizer tokenizer = JsonTokenizer::of_directory(directory);
  fmt::print("{}: {} tokens, read in {:.2f} s\n", directory.string(), tokenizer.vocabulary(), seconds_of(begin));
  for (const auto& [name, text] : texts) measure(tokenizer, name, text);
}

void run(const std::vector<std::string>& arguments) {
  const std::filesystem::path golden = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "causal";
  std::vector<std::pair<std::string, std::string>> texts;
  for (std::size_t i = 1; i < arguments.size(); ++i)
    texts.emplace_back(arguments[i], read_file(arguments[i], std::size_t{1} << 29));
  if (texts.empty()) texts = made_texts();
  if (!arguments.empty()) return measure_directory(arguments[0], texts);
  for (const char* base : {"llama/base", "qwen2/base", "spm_legacy/base"}) measure_directory(golden / base, texts);
}

}  // namespace
}  // namespace lorasweep

int main(int count, char** words) {
  try {
    lorasweep::run({words + 1, words + count});
  } catch (const lorasweep::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

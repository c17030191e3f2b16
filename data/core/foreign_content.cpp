// SPDX-License-Identifier: Apache-2.0
// A table of first bytes.
#include "data/core/foreign_content.h"

#include "data/core/error.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lorasweep {
namespace {

using namespace std::string_view_literals;

constexpr const char* fetch_again = "download the file itself, for instance with `hf download`";
constexpr const char* pull_lfs = "run `git lfs pull` in its repository";
constexpr const char* as_utf8 = "save it as UTF-8";
constexpr const char* page =
    "the server answered with a page, as for a wrong address or a missing login: download the file again, for instance "
    "with `hf download`";
constexpr const char* unpack = "unpack it";
constexpr const char* pytorch = "use the PyTorch weights of this model, as safetensors or .bin";

struct Magic {
  std::string_view bytes;
  const char *what, *remedy;
};

// The longer of two that begin alike comes first.
constexpr auto magics = std::to_array<Magic>({
    {"version https://git-lfs"sv, "is a Git LFS pointer, not the file itself", pull_lfs},
    {"# xet version"sv, "is a pointer of git-xet, not the file itself", "run `git xet checkout`, or `hf download`"},
    {"/annex/objects/"sv, "is a pointer of git-annex, not the file itself", "run `git annex get` for it"},
    {"\xff\xfe\0\0"sv, "is UTF-32 text", as_utf8},
    {"\0\0\xfe\xff"sv, "is UTF-32 text", as_utf8},
    {"\xff\xfe"sv, "is UTF-16 text", as_utf8},
    {"\xfe\xff"sv, "is UTF-16 text", as_utf8},
    {"\x1f\x8b"sv, "is compressed by gzip", unpack},
    {"BZh"sv, "is compressed by bzip2", unpack},
    {"\xfd"
     "7zXZ\0"sv,
     "is compressed by xz", unpack},
    {"\x28\xb5\x2f\xfd"sv, "is compressed by zstd", unpack},
    {"7z\xbc\xaf\x27\x1c"sv, "is a 7z archive", unpack},
    {"Rar!\x1a\x07"sv, "is a RAR archive", unpack},
    {"GGUF"sv, "is a GGUF file of llama.cpp", pytorch},
    {"\x89HDF\r\n\x1a\n"sv, "is an HDF5 file (TensorFlow weights?)", pytorch},
    {"\x93NUMPY"sv, "is an array of NumPy", pytorch},
    {"%PDF-"sv, "is a PDF document", fetch_again},
});

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view lower_case_begin) {
  return text.size() >= lower_case_begin.size() &&
         std::ranges::equal(text.substr(0, lower_case_begin.size()), lower_case_begin, {}, lower_case);
}

// Answers of servers: pages, error documents in XML, and what the Hub says in plain words.
bool is_servers_answer(std::string_view text) {
  for (const std::string_view begin :
       {"<!doctype html"sv, "<html"sv, "<?xml"sv, "<error>"sv, "<head"sv, "<!--"sv, "entry not found"sv,
        "repository not found"sv, "invalid username or password"sv, "access to model"sv, "access denied"sv,
        "404: not found"sv, "not found"sv, "{\"error"sv})
    if (begins_with(text, begin)) return true;
  return false;
}

// Git writes so where links are not allowed: one path upwards, and no end of a line.
bool is_text_of_link(std::string_view head) {
  return head.starts_with("../") && head.size() < foreign_content_bytes &&
         std::ranges::all_of(head, [](char c) { return c > ' ' && c <= '~'; });
}

// Half of such a text's bytes are NUL where it is in a Latin script: the file has no mark in front.
bool is_utf16_without_mark(std::string_view head) {
  if (head.size() < 4) return false;
  const auto is_text = [&](std::size_t nul) {
    const std::size_t pairs = std::min<std::size_t>(head.size() / 2, 16);
    for (std::size_t i = 0; i < pairs; ++i) {
      const char other = head[2 * i + 1 - nul];
      if (head[2 * i + nul] != '\0' || (other < ' ' && other != '\n' && other != '\r' && other != '\t')) return false;
    }
    return true;
  };
  return is_text(0) || is_text(1);
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

ForeignContent foreign_content(std::string_view head) {
  head = head.substr(0, foreign_content_bytes);
  if (head.empty()) return {"is empty", "the download was cut short or never began: download it again"};
  const auto magic = std::ranges::find_if(magics, [&](const Magic& m) { return head.starts_with(m.bytes); });
  if (magic != magics.end()) return {magic->what, magic->remedy};
  std::string_view text = without_byte_order_mark(head);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (is_servers_answer(text)) return {"is a web page or another answer of a server, not the file itself", page};
  if (is_text_of_link(head))
    return {"holds the path of another file, as a symbolic link does that was copied as text, not the file itself",
            "put the file there that it leads to, for instance by `cp --dereference`"};
  if (is_utf16_without_mark(head)) return {"is UTF-16 text", as_utf8};
  return {};
}

void refuse_foreign_content(std::string_view head, const std::string& where) {
  if (const ForeignContent found = foreign_content(head); !found.what.empty())
    throw InputError(where, found.what, found.remedy);
}

}  // namespace lorasweep

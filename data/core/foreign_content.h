// SPDX-License-Identifier: Apache-2.0
// What lies in a file's place after a download or a copy that went wrong: the same few things for every kind of file.
#pragma once

#include <string>
#include <string_view>

namespace lorasweep {

/// What a file holds instead of what its name promises.
struct ForeignContent {
  std::string what;  ///< follows the file's name in a message: "is a Git LFS pointer, not the file itself"; empty: none
  std::string remedy;  ///< what helps against it
};

/// How many of a file's first bytes foreign_content() looks at, at most.
inline constexpr std::size_t foreign_content_bytes = 512;

/// Judges a file's first bytes: an empty file, pointers of Git LFS, git-xet and git-annex, web pages and other answers
/// of servers, UTF-16 and UTF-32, archives, compressed files, weights of other programs. Pure. A text that is none of
/// these is not foreign, whatever it says.
ForeignContent foreign_content(std::string_view head);

/// InputError naming `where` if the file that begins with `head` holds something foreign.
void refuse_foreign_content(std::string_view head, const std::string& where);

/// `text` without the byte order mark of UTF-8 that some editors put in front.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace lorasweep

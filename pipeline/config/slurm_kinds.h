// SPDX-License-Identifier: Apache-2.0
// Kinds of values that end in a job script: each allows only what can stand there and mean nothing else.
#pragma once

#include "pipeline/config/value_kinds.h"

#include <string>

namespace lorasweep::kinds {

/// A name of SLURM's: a partition. Not set: empty.
struct SlurmWord : Text {
  std::string allowed() const { return "letters, digits, _ . , -"; }
  std::string read(const Json& value, const Directory& directory) const;
  Json show(const std::string& value) const { return value.empty() ? Json() : Json(value); }
};

/// Memory of a node: a word, or a size.
struct SlurmMemory : Text {
  std::string allowed() const { return "auto, site, or a size as sbatch takes it, like 64G"; }
  std::string read(const Json& value, const Directory& directory) const;
};

/// One or more addresses, separated by commas. Not set: empty.
struct MailAddress : Text {
  std::string allowed() const { return "letters, digits, _ . , + - @"; }
  std::string read(const Json& value, const Directory& directory) const;
  Json show(const std::string& value) const { return value.empty() ? Json() : Json(value); }
};

/// A time limit.
struct SlurmTime : Text {
  std::string allowed() const { return "minutes, [hours:]minutes:seconds, or days-hours[:minutes[:seconds]]"; }
  std::string read(const Json& value, const Directory& directory) const;
};

/// An option of sbatch that lorasweep does not set itself.
struct SlurmOption : Text {
  std::string type() const { return "option"; }
  std::string allowed() const { return "--name or --name=value, without quotes and backslashes"; }
  std::string read(const Json& value, const Directory& directory) const;
};

/// One line.
struct ShellLine : Text {
  std::string type() const { return "line"; }
  std::string allowed() const { return "no control characters"; }
  std::string read(const Json& value, const Directory& directory) const;
};

}  // namespace lorasweep::kinds

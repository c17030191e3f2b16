// SPDX-License-Identifier: Apache-2.0
// The errors that cross module borders: whose fault, where, what is wrong, what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace lorasweep {

/// What the process reports to the shell (docs/errors.md).
enum class ExitCode {
  ok = 0,
  internal = 1,      ///< a defect of lorasweep
  usage = 2,         ///< command line or configuration
  failed_units = 3,  ///< finished, but some units of work failed
  bad_input = 4,     ///< a file of the user is wrong
  storage = 5,       ///< the file system refused
  interrupted = 75,  ///< stopped by a signal; everything acknowledged is saved and the sweep can be resumed
};

/// Base of all errors. `what()` reads "where: problem; remedy" (parts that are empty are left out).
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, std::string where, std::string problem, std::string remedy);

  ExitCode code() const { return code_; }
  const std::string& where() const { return where_; }      ///< file and place in it: line, key, tensor
  const std::string& problem() const { return problem_; }  ///< what is wrong, with the values seen
  const std::string& remedy() const { return remedy_; }    ///< what the user can do; may be empty

 private:
  ExitCode code_;
  std::string where_, problem_, remedy_;
};

/// Wrong flag or configuration value (exit 2).
class ConfigError : public Error {
 public:
  ConfigError(std::string where, std::string problem, std::string remedy = "");
};

/// A file of the user that cannot be used (exit 4).
class InputError : public Error {
 public:
  InputError(std::string where, std::string problem, std::string remedy = "");
};

/// The file system refused: full, read-only, missing directory, failed sync (exit 5).
class StorageError : public Error {
 public:
  StorageError(std::string where, std::string problem, std::string remedy = "");
};

/// An invariant of lorasweep itself is broken (exit 1).
class InternalError : public Error {
 public:
  explicit InternalError(std::string problem, std::string where = "lorasweep");
};

}  // namespace lorasweep

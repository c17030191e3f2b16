// SPDX-License-Identifier: Apache-2.0
// Files of strangers: made with the HDF5 library itself, each wrong in one way.
#include "data/core/error.h"
#include "data/results/hdf5_file.h"
#include "data/results/results_reader.h"
#include "data/results/results_writer.h"
#include "tests/data/results/sample_results.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

class ResultsRefusalTest : public testing::Test {
 protected:
  ResultsRefusalTest() { write_results(sample_results(), path()); }

  std::filesystem::path path() const { return folder_.path() / "results.h5"; }

  /// What read_results says of the sample after `change` was done to its open file.
  Refusal refusal_after(const auto& change) const {
    const hid_t file = H5Fopen(path().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    change(file);
    H5Fclose(file);
    return refusal();
  }
  Refusal refusal() const {
    return refusal_of([&] { read_results(path()); });
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(ResultsRefusalTest, FilesThatAreNotHdf5OrNotThere) {
  std::ofstream(path(), std::ios::trunc) << "text";
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "results.h5", {"HDF5"}));
  std::filesystem::remove(path());
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "results.h5", {"HDF5"}));
}

TEST_F(ResultsRefusalTest, OtherHdf5Files) {
  {
    Hdf5File other = Hdf5File::create(path());
    other.write_dataset("/x", scalar(1.0));
  }
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "results.h5", {"attribute", "'format'"}));
  {
    Hdf5File other = Hdf5File::create(path());
    other.write_attribute("/", "format", scalar(std::string("OTHER")));
    other.write_attribute("/", "schema_version", scalar(std::string("1.0.0")));
  }
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "/@format", {"'OTHER'"}));
  {
    Hdf5File other = Hdf5File::create(path());
    other.write_attribute("/", "format", scalar(std::string("LORASWEEP-RESULT")));
    other.write_attribute("/", "schema_version", scalar(std::string("2.0.0")));
  }
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "/@schema_version", {"2.0.0"}));
}

TEST_F(ResultsRefusalTest, ExternalLinks) {
  const Refusal refused = refusal_after([](hid_t file) {
    H5Lcreate_external("/etc/passwd", "/", file, "/provenance/elsewhere", H5P_DEFAULT, H5P_DEFAULT);
  });
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "/provenance", {"'elsewhere'", "link"}));
}

TEST_F(ResultsRefusalTest, SoftLinks) {
  const Refusal refused =
      refusal_after([](hid_t file) { H5Lcreate_soft("/summary", file, "/composed/loop", H5P_DEFAULT, H5P_DEFAULT); });
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "/composed", {"'loop'", "link"}));
}

TEST_F(ResultsRefusalTest, GroupsThatContainThemselves) {
  const Refusal refused = refusal_after(
      [](hid_t file) { H5Lcreate_hard(file, "/composed", file, "/composed/again", H5P_DEFAULT, H5P_DEFAULT); });
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "/composed", {"groups", "deeper"}));
}

TEST_F(ResultsRefusalTest, ValuesInOtherFiles) {
  const Refusal refused = refusal_after([](hid_t file) {
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(layout, "/etc/passwd", 0, 8);
    const hsize_t extent = 8;
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    H5Dclose(H5Dcreate2(file, "/provenance/secret", H5T_STD_I8LE, space, H5P_DEFAULT, layout, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(layout);
  });
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "/provenance/secret", {"other files"}));
}

TEST_F(ResultsRefusalTest, UnknownFilters) {
  const Refusal refused = refusal_after([](hid_t file) {
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t extent = 8;
    H5Pset_chunk(layout, 1, &extent);
    H5Pset_nbit(layout);
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    H5Dclose(H5Dcreate2(file, "/provenance/packed", H5T_STD_I8LE, space, H5P_DEFAULT, layout, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(layout);
  });
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "/provenance/packed", {"filter 5"}));
}

TEST_F(ResultsRefusalTest, MissingColumns) {
  EXPECT_THAT(refusal_after([](hid_t file) { H5Ldelete(file, "/evaluations/loss", H5P_DEFAULT); }),
              Refused(ExitCode::bad_input, "/evaluations/loss", {"missing"}));
  EXPECT_THAT(refusal_after([](hid_t file) { H5Ldelete(file, "/adapters", H5P_DEFAULT); }),
              Refused(ExitCode::bad_input, "/adapters", {"missing"}));
}

// Puts other values in the place of a dataset.
template <typename T>
void replace(hid_t file, const char* name, hid_t type, const std::vector<T>& values) {
  H5Ldelete(file, name, H5P_DEFAULT);
  const hsize_t extent = values.size();
  H5LTmake_dataset(file, name, 1, &extent, type, values.data());
}

TEST_F(ResultsRefusalTest, ColumnsOfAnotherTypeOrLength) {
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/summary/seed", H5T_NATIVE_DOUBLE, std::vector<double>{1, 2});
              }),
              Refused(ExitCode::bad_input, "/summary/seed", {"f8", "i8"}));
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/summary/seed", H5T_NATIVE_INT64, std::vector<std::int64_t>{1, 2, 3});
              }),
              Refused(ExitCode::bad_input, "/summary/seed", {"extents"}));
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/summary/seed", H5T_NATIVE_USHORT, std::vector<unsigned short>{1, 2});
              }),
              Refused(ExitCode::bad_input, "/summary/seed", {"type"}));
}

TEST_F(ResultsRefusalTest, IndicesThatPointNowhere) {
  const Refusal refused = refusal_after([](hid_t file) {
    replace(file, "/predictions/task_index", H5T_NATIVE_INT, std::vector<int>{0, 0, 0, 1'000'000});
  });
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "results.h5", {"predictions/task_index[3]", "1000000"}));
}

TEST_F(ResultsRefusalTest, StepsAndCodesThatDoNotExist) {
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/predictions/of", H5T_NATIVE_CHAR, std::vector<signed char>{0, 0, 1, 6});
              }),
              Refused(ExitCode::bad_input, "results.h5", {"predictions/of[3]", "6"}));
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/predictions/correct_lmeval", H5T_NATIVE_CHAR, std::vector<signed char>{0, -1, 1, 0});
              }),
              Refused(ExitCode::bad_input, "results.h5", {"predictions/correct_lmeval[1]", "-1"}));
  const int rows = static_cast<int>(sample_results().evaluations.step.size());
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([&](hid_t file) {
                replace(file, "/evaluations/step", H5T_NATIVE_INT,
                        std::vector<int>(static_cast<std::size_t>(rows), 9999));
              }),
              Refused(ExitCode::bad_input, "results.h5", {"evaluations/step[0]", "9999"}));
}

TEST_F(ResultsRefusalTest, ComposedModelsOfNoTaskOrReplicate) {
  for (const auto& [column, second] : {std::pair{"/composed/task_index", 0}, std::pair{"/composed/replicate", 1}})
    for (const int index : {-1, 2}) {
      write_results(sample_results(), path());
      const std::vector<int> values{0, second, index};
      EXPECT_THAT(refusal_after([&](hid_t file) { replace(file, column, H5T_NATIVE_INT, values); }),
                  Refused(ExitCode::bad_input, "/composed", {std::to_string(index)}))
          << column;
    }
}

TEST_F(ResultsRefusalTest, TensorsOfComposedModelsThatAreNotThere) {
  const auto with = [&](const char* column, std::vector<int> values) {
    write_results(sample_results(), path());
    return refusal_after([&](hid_t file) { replace(file, column, H5T_NATIVE_INT, values); });
  };
  for (const auto& [column, values] : {std::pair{"/composed/first_tensor", std::vector{0, 0, 1}},
                                       std::pair{"/composed/first_tensor", std::vector{-1, 0, 0}},
                                       std::pair{"/composed/n_tensors", std::vector{2, -1, 2}},
                                       std::pair{"/composed/n_tensors", std::vector{2, 2, 2147483647}}})
    EXPECT_THAT(with(column, values), Refused(ExitCode::bad_input, "/composed/values_", {"tensors"})) << column;
  for (const auto& [column, values] :
       {std::pair{"/composed/tensor_rows", std::vector{600, 2}}, std::pair{"/composed/tensor_rows", std::vector{-6, 2}},
        std::pair{"/composed/tensor_columns", std::vector{2, 2147483647}}})
    EXPECT_THAT(with(column, values), Refused(ExitCode::bad_input, "/composed/values_0", {"fewer numbers"})) << column;
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/composed/tensor_offset", H5T_NATIVE_INT64, std::vector<std::int64_t>{0, 1020});
              }),
              Refused(ExitCode::bad_input, "/composed/values_0", {"fewer numbers"}));
}

TEST_F(ResultsRefusalTest, WhatLiesAmongComposedModelsAndIsNone) {
  EXPECT_THAT(refusal_after([](hid_t file) { H5Ldelete(file, "/composed/values_1", H5P_DEFAULT); }),
              Refused(ExitCode::bad_input, "/composed/values_1", {"missing"}));
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([](hid_t file) {
                H5Gclose(H5Gcreate2(file, "/composed/more", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
              }),
              Refused(ExitCode::bad_input, "/composed/more", {"no composed model"}));
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([](hid_t file) {
                const hsize_t extent = 1;
                const float value = 1;
                H5LTmake_dataset(file, "/composed/values_3", 1, &extent, H5T_NATIVE_FLOAT, &value);
              }),
              Refused(ExitCode::bad_input, "/composed/values_3", {"no composed model"}));
}

TEST_F(ResultsRefusalTest, TokensThatAreNotThere) {
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/predictions/n_tokens", H5T_NATIVE_INT, std::vector<int>{1, 1, -1, 30});
              }),
              Refused(ExitCode::bad_input, "results.h5", {"predictions[3]", "30"}));
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/predictions/first_token", H5T_NATIVE_INT64,
                        std::vector<std::int64_t>{0, 9223372036854775807, 2, 3});
              }),
              Refused(ExitCode::bad_input, "results.h5", {"predictions[1]", "9223372036854775807"}));
}

// In a file of 1.1, where each of them is a group.
TEST_F(ResultsRefusalTest, GroupsOfComposedModelsOfNoTaskOrReplicate) {
  const std::filesystem::path older = LORASWEEP_GOLDEN_DIR "/results/schema_1_1.h5";
  const auto with_group = [&](const std::string& name) {
    std::filesystem::copy_file(older, path(), std::filesystem::copy_options::overwrite_existing);
    return refusal_after(
        [&](hid_t file) { H5Gclose(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); });
  };
  const std::string task = "/composed/" + sample_results().summary.task.front();
  EXPECT_THAT(with_group("/composed/no such task"),
              Refused(ExitCode::bad_input, "/composed/no such task", {"no task"}));
  for (const char* name : {"/r00", "/r-1", "/r", "/x", "/r1x", "/r99", "/r99999999999999999999"})
    EXPECT_THAT(with_group(task + name), Refused(ExitCode::bad_input, task + name, {"no replicate"})) << name;
}

TEST_F(ResultsRefusalTest, MoreValuesThanTheFileHolds) {
  const Refusal refused = refusal_after([](hid_t file) {
    H5Ldelete(file, "/summary/task", H5P_DEFAULT);
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t extent = hsize_t{1} << 29, chunk = 1024;
    H5Pset_chunk(layout, 1, &chunk);
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Dclose(H5Dcreate2(file, "/summary/task", type, space, H5P_DEFAULT, layout, H5P_DEFAULT));
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(layout);
  });
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "/summary/task", {"values"}));
}

TEST_F(ResultsRefusalTest, TruncatedFiles) {
  const auto size = std::filesystem::file_size(path());
  std::filesystem::resize_file(path(), size / 2);
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input));
}

}  // namespace
}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// Files of strangers: made with the HDF5 library itself, each wrong in one way.
#include "data/core/error.h"
#include "data/results/hdf5_file.h"
#include "data/results/results_reader.h"
#include "data/results/results_writer.h"
#include "tests/data/results/sample_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

namespace lorasweep {
namespace {

using testing::HasSubstr;

class ResultsRefusalTest : public testing::Test {
 protected:
  ResultsRefusalTest() {
    std::string name = testing::TempDir() + "results_XXXXXX";
    directory_ = ::mkdtemp(name.data());
    write_results(sample_results(), path());
  }
  ~ResultsRefusalTest() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path path() const { return directory_ / "results.h5"; }

  /// What read_results says of the sample after `change` was done to its open file.
  std::string refusal_after(const auto& change) const {
    const hid_t file = H5Fopen(path().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    change(file);
    H5Fclose(file);
    return refusal();
  }
  std::string refusal() const {
    try {
      read_results(path());
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }

 private:
  std::filesystem::path directory_;
};

TEST_F(ResultsRefusalTest, FilesThatAreNotHdf5OrNotThere) {
  std::ofstream(path(), std::ios::trunc) << "text";
  EXPECT_THAT(refusal(), HasSubstr("cannot be opened as HDF5"));
  std::filesystem::remove(path());
  EXPECT_THAT(refusal(), HasSubstr("cannot be opened as HDF5"));
}

TEST_F(ResultsRefusalTest, OtherHdf5Files) {
  {
    Hdf5File other = Hdf5File::create(path());
    other.write_dataset("/x", scalar(1.0));
  }
  EXPECT_THAT(refusal(), HasSubstr("is not a results file: it has no attribute 'format'"));
  {
    Hdf5File other = Hdf5File::create(path());
    other.write_attribute("/", "format", scalar(std::string("OTHER")));
    other.write_attribute("/", "schema_version", scalar(std::string("1.0.0")));
  }
  EXPECT_THAT(refusal(), HasSubstr("is not a results file but 'OTHER'"));
  {
    Hdf5File other = Hdf5File::create(path());
    other.write_attribute("/", "format", scalar(std::string("LORASWEEP-RESULT")));
    other.write_attribute("/", "schema_version", scalar(std::string("2.0.0")));
  }
  EXPECT_THAT(refusal(), HasSubstr("is of version 2.0.0"));
}

TEST_F(ResultsRefusalTest, ExternalLinks) {
  const std::string refused = refusal_after([](hid_t file) {
    H5Lcreate_external("/etc/passwd", "/", file, "/provenance/elsewhere", H5P_DEFAULT, H5P_DEFAULT);
  });
  EXPECT_THAT(refused, HasSubstr("'elsewhere' is a soft or external link"));
}

TEST_F(ResultsRefusalTest, SoftLinks) {
  const std::string refused =
      refusal_after([](hid_t file) { H5Lcreate_soft("/summary", file, "/composed/loop", H5P_DEFAULT, H5P_DEFAULT); });
  EXPECT_THAT(refused, HasSubstr("'loop' is a soft or external link"));
}

TEST_F(ResultsRefusalTest, GroupsThatContainThemselves) {
  const std::string refused = refusal_after(
      [](hid_t file) { H5Lcreate_hard(file, "/composed", file, "/composed/again", H5P_DEFAULT, H5P_DEFAULT); });
  EXPECT_THAT(refused, HasSubstr("groups nested deeper"));
}

TEST_F(ResultsRefusalTest, ValuesInOtherFiles) {
  const std::string refused = refusal_after([](hid_t file) {
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(layout, "/etc/passwd", 0, 8);
    const hsize_t extent = 8;
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    H5Dclose(H5Dcreate2(file, "/provenance/secret", H5T_STD_I8LE, space, H5P_DEFAULT, layout, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(layout);
  });
  EXPECT_THAT(refused, HasSubstr("its values lie in other files"));
}

TEST_F(ResultsRefusalTest, UnknownFilters) {
  const std::string refused = refusal_after([](hid_t file) {
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t extent = 8;
    H5Pset_chunk(layout, 1, &extent);
    H5Pset_nbit(layout);
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    H5Dclose(H5Dcreate2(file, "/provenance/packed", H5T_STD_I8LE, space, H5P_DEFAULT, layout, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(layout);
  });
  EXPECT_THAT(refused, HasSubstr("is stored through filter 5"));
}

TEST_F(ResultsRefusalTest, MissingColumns) {
  EXPECT_THAT(refusal_after([](hid_t file) { H5Ldelete(file, "/evaluations/loss", H5P_DEFAULT); }),
              HasSubstr("/evaluations/loss: is missing"));
  EXPECT_THAT(refusal_after([](hid_t file) { H5Ldelete(file, "/adapters", H5P_DEFAULT); }),
              HasSubstr("/adapters: is missing"));
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
              HasSubstr("/summary/seed: holds f8, but should hold i8"));
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/summary/seed", H5T_NATIVE_INT64, std::vector<std::int64_t>{1, 2, 3});
              }),
              HasSubstr("/summary/seed: does not have the extents of its dimensions"));
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/summary/seed", H5T_NATIVE_USHORT, std::vector<unsigned short>{1, 2});
              }),
              HasSubstr("a type that a results file never has"));
}

TEST_F(ResultsRefusalTest, IndicesThatPointNowhere) {
  const std::string refused = refusal_after([](hid_t file) {
    replace(file, "/predictions/task_index", H5T_NATIVE_INT, std::vector<int>{0, 0, 0, 1'000'000});
  });
  EXPECT_THAT(refused, HasSubstr("predictions/task_index[3] is 1000000"));
}

TEST_F(ResultsRefusalTest, StepsAndCodesThatDoNotExist) {
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/predictions/of", H5T_NATIVE_CHAR, std::vector<signed char>{0, 0, 1, 3});
              }),
              HasSubstr("predictions/of[3] is 3"));
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([](hid_t file) {
                replace(file, "/predictions/correct_lmeval", H5T_NATIVE_CHAR, std::vector<signed char>{0, -1, 1, 0});
              }),
              HasSubstr("predictions/correct_lmeval[1] is -1"));
  const int rows = static_cast<int>(sample_results().evaluations.step.size());
  write_results(sample_results(), path());
  EXPECT_THAT(refusal_after([&](hid_t file) {
                replace(file, "/evaluations/step", H5T_NATIVE_INT,
                        std::vector<int>(static_cast<std::size_t>(rows), 9999));
              }),
              HasSubstr("evaluations/step[0] is 9999"));
}

TEST_F(ResultsRefusalTest, ComposedModelsOfNoTaskOrReplicate) {
  const auto with_group = [&](const std::string& name) {
    return refusal_after(
        [&](hid_t file) { H5Gclose(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); });
  };
  const std::string task = "/composed/" + sample_results().summary.task.front();
  EXPECT_THAT(with_group("/composed/no such task"), HasSubstr("belongs to no task"));
  for (const char* name : {"/r00", "/r-1", "/r", "/x", "/r1x", "/r99", "/r99999999999999999999"})
    EXPECT_THAT(with_group(task + name), HasSubstr("belongs to no replicate")) << name;
}

TEST_F(ResultsRefusalTest, MoreValuesThanTheFileHolds) {
  const std::string refused = refusal_after([](hid_t file) {
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
  EXPECT_THAT(refused, HasSubstr("/summary/task: claims more values than the file holds"));
}

TEST_F(ResultsRefusalTest, TruncatedFiles) {
  const auto size = std::filesystem::file_size(path());
  std::filesystem::resize_file(path(), size / 2);
  EXPECT_NE(refusal(), "");
}

}  // namespace
}  // namespace lorasweep

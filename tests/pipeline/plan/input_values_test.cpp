// SPDX-License-Identifier: Apache-2.0
// Values that would spoil every result are refused by their tensor, whatever the tables say.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/formats/open_weights.h"
#include "data/formats/safetensors_writer.h"
#include "pipeline/plan/inputs.h"
#include "tests/pipeline/plan/input_folder.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// One adapter and one task, so that reading takes no time.
class InputValues : public testing::Test {
 protected:
  InputValues() {
    config.adapters.select = AdapterSelection::named;
    config.adapters.names = {"tiny_flan-swap_v1"};
    config.tasks.names = {"queue_size"};
  }
  void read(LibraryValues library = LibraryValues::kept) {
    problems.clear();
    inputs = read_inputs(config, problems, library);
    check_base_values(inputs, config.model.dtype, problems);
  }

  InputFolder folder;
  RunConfig config = folder.config();
  std::vector<std::string> problems;
  SweepInputs inputs;
};

TEST_F(InputValues, AreReadToTheLastValueOfAnAdapter) {
  const std::filesystem::path file = folder.path() / "adapters/tiny_flan-swap_v1/adapter_model.safetensors";
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(-4, std::ios::end);
  bytes.write("\xff\xff\xff\x7f", 4);  // a NaN, which no table shows
  bytes.close();
  for (const LibraryValues values : {LibraryValues::kept, LibraryValues::checked}) {
    read(values);
    EXPECT_THAT(problems, ElementsAre(Tells({"tiny_flan-swap_v1"})));
  }
}

TEST_F(InputValues, OfASmallLibraryAreReadWhereTheyAreAffordable) {
  read(LibraryValues::affordable);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(inputs.contents.size(), 1u);
  EXPECT_EQ(inputs.unread, 0u);
}

TEST_F(InputValues, OfALargeLibraryAreLeftToTheStartAndItsTablesAreChecked) {
  const std::filesystem::path folder_of_adapter = folder.path() / "adapters/tiny_flan-swap_v1",
                              file = folder_of_adapter / "adapter_model.safetensors";
  const auto bytes = std::filesystem::file_size(file);
  std::ofstream(folder_of_adapter / "adapter_model.part2") << "";  // of which nothing but the size is looked at
  std::filesystem::resize_file(folder_of_adapter / "adapter_model.part2", affordable_values);
  read(LibraryValues::affordable);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(inputs.contents, IsEmpty());
  EXPECT_EQ(inputs.unread, affordable_values + bytes);
  EXPECT_EQ(inputs.library.size(), 1u);

  std::filesystem::resize_file(file, bytes - 4);
  read(LibraryValues::affordable);
  EXPECT_THAT(problems, ElementsAre(Tells({"adapter_model.safetensors"})));
}

std::vector<std::string> tensor_names(const std::filesystem::path& file) {
  std::vector<std::string> names;
  const auto weights = open_weights(file);
  for (const TensorInfo& info : weights->tensors()) names.push_back(info.name);
  return names;
}

// The last value of a tensor of f32 becomes `value`.
void poison(const std::filesystem::path& file, const std::string& tensor, float value) {
  const auto weights = open_weights(file);
  std::map<std::string, Tensor> tensors;
  for (const TensorInfo& info : weights->tensors()) tensors[info.name] = weights->read(info.name);
  tensors.at(tensor).values.back() = value;
  write_safetensors(file, tensors);
}

TEST_F(InputValues, AreRefusedForOneValueThatIsNoNumberInAnyTensorOfTheBase) {
  const std::filesystem::path file = folder.path() / "base/model.safetensors";
  const std::string whole = read_file(file, 1u << 26);
  float value = std::numeric_limits<float>::quiet_NaN();
  for (const std::string& tensor : tensor_names(file)) {
    poison(file, tensor, value);
    value = std::isnan(value) ? std::numeric_limits<float>::infinity() : std::isinf(value) && value > 0 ? -value : NAN;
    read();
    EXPECT_THAT(problems, ElementsAre(Tells({tensor}))) << tensor;
    write_file_atomically(file, whole);
  }
}

TEST_F(InputValues, AreRefusedForOneValueThatIsNoNumberInAnyTensorOfAnAdapter) {
  const std::filesystem::path file = folder.path() / "adapters/tiny_flan-swap_v1/adapter_model.safetensors";
  const std::string whole = read_file(file, 1u << 26);
  for (const std::string& tensor : tensor_names(file)) {
    poison(file, tensor, -std::numeric_limits<float>::infinity());
    read();
    EXPECT_THAT(problems, ElementsAre(Tells({tensor}))) << tensor;
    write_file_atomically(file, whole);
  }
}

// The bounds are those at which torch.tensor(x).to(torch.bfloat16) becomes inf (torch 2.15).
TEST_F(InputValues, AreRefusedForANumberThatBf16TurnsIntoInfinity) {
  const std::filesystem::path file = folder.path() / "base/model.safetensors";
  const std::string whole = read_file(file, 1u << 26), tensor = tensor_names(file).back();
  const auto problems_with = [&](std::uint32_t bits, Element element) {
    poison(file, tensor, std::bit_cast<float>(bits));
    config.model.dtype = element;
    read();
    write_file_atomically(file, whole);
    return problems;
  };
  for (const std::uint32_t sign : {0u, 0x80000000u}) {
    EXPECT_THAT(problems_with(sign | 0x7f7f7fff, Element::bf16), IsEmpty()) << "3.3961775e38 is rounded down";
    EXPECT_THAT(problems_with(sign | 0x7f7f8000, Element::bf16), ElementsAre(Tells({tensor, "model.dtype"})));
    EXPECT_THAT(problems_with(sign | 0x7f7fffff, Element::bf16), ElementsAre(Tells({tensor, "model.dtype"})));
    EXPECT_THAT(problems_with(sign | 0x7f7fffff, Element::f32), IsEmpty()) << "the greatest float";
  }
}

TEST_F(InputValues, AreRefusedForAFactorThatItsScalingMakesInfinite) {
  const std::filesystem::path adapter = folder.path() / "adapters/tiny_flan-swap_v1",
                              file = adapter / "adapter_model.safetensors";
  const double scaling = Adapter(adapter, Checkpoint(folder.path() / "base").plan()).sites().front().scaling;
  ASSERT_GT(scaling, 1);
  const auto most = static_cast<float>(std::numeric_limits<float>::max() / scaling);
  for (const std::string& tensor : tensor_names(file)) {
    const bool is_b = tensor.find("lora_B") != std::string::npos;
    const std::string whole = read_file(file, 1u << 26);
    for (const float value : {0.99f * most, -1.01f * most}) {
      poison(file, tensor, value);
      read();
      if (is_b && std::abs(value) > most)
        EXPECT_THAT(problems, ElementsAre(Tells({tensor, "scaling"})));
      else
        EXPECT_THAT(problems, IsEmpty()) << tensor;
      write_file_atomically(file, whole);
    }
  }
}

// By hand, so that values of two bytes can be written: every tensor of the file as `element`, the last value as `bits`.
std::string in_two_bytes(const std::filesystem::path& file, const char* element, std::uint16_t bits) {
  const auto weights = open_weights(file);
  nlohmann::ordered_json header;
  std::string values;
  for (const TensorInfo& info : weights->tensors()) {
    const std::size_t begin = values.size();
    values.append(2 * element_count(info.shape), '\0');
    values[begin] = 1;  // a number that is small in either type: no tensor is all zero
    header[info.name] = {{"dtype", element}, {"shape", info.shape}, {"data_offsets", {begin, values.size()}}};
  }
  values[values.size() - 2] = static_cast<char>(bits & 0xff);
  values[values.size() - 1] = static_cast<char>(bits >> 8);
  const std::string text = header.dump();
  std::string size(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) size[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return size + text + values;
}

TEST_F(InputValues, AreRefusedForHalvesThatAreNoNumbers) {
  const std::filesystem::path adapter = folder.path() / "adapters/tiny_flan-swap_v1/adapter_model.safetensors",
                              base = folder.path() / "base/model.safetensors";
  const std::string whole_adapter = read_file(adapter, 1u << 26), whole_base = read_file(base, 1u << 26);
  const auto problems_with = [&](const std::filesystem::path& file, const char* element, std::uint16_t bits) {
    write_file_atomically(file, in_two_bytes(file, element, bits));
    read();
    write_file_atomically(adapter, whole_adapter);
    write_file_atomically(base, whole_base);
    return problems;
  };
  for (const std::filesystem::path& file : {adapter, base}) {
    for (const std::uint16_t bits :
         std::vector<std::uint16_t>{0x7c00, 0xfc00, 0x7c01, 0x7e00})  // infinities and two NaN of IEEE's half
      EXPECT_THAT(problems_with(file, "F16", bits), ElementsAre(Tells({file.string()}))) << std::hex << bits;
    for (const std::uint16_t bits : std::vector<std::uint16_t>{0x7f80, 0xff80, 0x7f81, 0x7fc0})  // of bfloat16
      EXPECT_THAT(problems_with(file, "BF16", bits), ElementsAre(Tells({file.string()}))) << std::hex << bits;
    EXPECT_THAT(problems_with(file, "F16", 0x7bff), IsEmpty()) << "the greatest half";
    // The greatest bfloat16; of an adapter half of it, for its scaling is 2.
    EXPECT_THAT(problems_with(file, "BF16", file == base ? 0x7f7f : 0x7eff), IsEmpty());
  }
}

}  // namespace
}  // namespace lorasweep

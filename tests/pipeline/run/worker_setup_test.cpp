// SPDX-License-Identifier: Apache-2.0
// The images hold the values that the manifest has the digest of.
#include "pipeline/run/worker_setup.h"

#include "pipeline/run/session.h"
#include "tests/pipeline/run/small_sweep.h"
#include "tests/testing/expect_error.h"
#include "workers/device/make_ops.h"

#include <gmock/gmock.h>

#include <fstream>
#include <functional>

namespace lorasweep {
namespace {

class Images : public SmallSweep {
 protected:
  void SetUp() override {
    SmallSweep::SetUp();
    std::filesystem::copy(std::filesystem::path(LORASWEEP_DEMO_DIR) / "base", base());
  }
  std::filesystem::path base() const { return folder / "base"; }

  // `meanwhile` happens after the manifest was made, and before the values are read.
  void write_after(const std::string& name, const std::function<void()>& meanwhile) const {
    Sweep sweep(options(name, {"model.path=" + base().string()}), [](DeviceRequest request, Element e, Composition c) {
      return choose_checked_device_of_this_process(request, e, c);
    });
    const WorkerSetup setup = worker_setup(sweep);
    const auto plan = engine_plan(setup);
    const ImageSizes sizes = image_sizes(*plan);
    const auto host = make_ops({});
    const auto model = host->allocate(sizes.model), library = host->allocate(sizes.library);
    meanwhile();
    write_images(setup, *plan, sweep, model.get(), library.get());
  }
};

TEST_F(Images, AreMadeWhereNobodyTouchedTheBaseModel) {
  EXPECT_NO_THROW(write_after("run", [] {}));
}

TEST_F(Images, AreRefusedWhereTheBaseModelChangedAfterItsDigestWasTaken) {
  for (const char* name : {"model.safetensors", "config.json", "spiece.model"}) {
    const std::filesystem::path file = base() / name;
    const std::string bytes = read_file(file, 1u << 26);
    const auto refused = RefusedWith(ExitCode::bad_input, file.string(), std::vector<std::string>{});
    EXPECT_THAT(refusal_of([&] { write_after(name, [&] { write_file_atomically(file, bytes); }); }), refused);
    const auto write_in_place = [&] { std::fstream(file, std::ios::in | std::ios::out) << bytes.front(); };
    EXPECT_THAT(refusal_of([&] { write_after(name, write_in_place); }), refused);
  }
}

}  // namespace
}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// What rank 0 and a worker tell each other before the first order, as bytes. Decoding throws InternalError for anything
// that encoding did not make.
#pragma once

#include "pipeline/run/check_values.h"
#include "pipeline/run/device_choice.h"
#include "pipeline/run/worker_setup.h"

#include <string>
#include <string_view>

namespace lorasweep {

std::string encode(const DeviceOffer& offer);
DeviceOffer decode_device_offer(std::string_view bytes);

std::string encode(const CheckQuestion& question);
CheckQuestion decode_check_question(std::string_view bytes);

std::string encode(const CheckValues& values);
CheckValues decode_check_values(std::string_view bytes);

std::string encode(const WorkerSetup& setup);
WorkerSetup decode_worker_setup(std::string_view bytes);

}  // namespace lorasweep

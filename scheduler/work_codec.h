// SPDX-License-Identifier: Apache-2.0
// Work, outcomes and the catalogue as bytes. Decoding throws InternalError for anything that encoding did not make.
#pragma once

#include "workers/work/work.h"

#include <string>
#include <string_view>

namespace lorasweep {

std::string encode_work(const Work& work);
Work decode_work(std::string_view bytes);

std::string encode_outcome(const Outcome& outcome);
Outcome decode_outcome(std::string_view bytes);

std::string encode_catalogue(const Catalogue& catalogue);
Catalogue decode_catalogue(std::string_view bytes);

}  // namespace lorasweep

// SPDX-License-Identifier: Apache-2.0
// In place of NCCL's own header: communicators of one member.
#pragma once

#include "tests/testing/cuda_on_host/cuda_runtime.h"

enum ncclResult_t { ncclSuccess, ncclInternalError = 3, ncclInvalidArgument = 4, ncclInProgress = 7 };
enum ncclDataType_t { ncclUint8 };
struct ncclUniqueId {
  char internal[128];
};
struct ncclConfig_t {
  int blocking;
};
#define NCCL_CONFIG_INITIALIZER \
  { 1 }
struct nccl_communicator;
using ncclComm_t = nccl_communicator*;

ncclResult_t ncclGetVersion(int*);
ncclResult_t ncclGetUniqueId(ncclUniqueId*);
ncclResult_t ncclCommInitRankConfig(ncclComm_t*, int members, ncclUniqueId, int member, ncclConfig_t*);
ncclResult_t ncclCommGetAsyncError(ncclComm_t, ncclResult_t*);
ncclResult_t ncclCommAbort(ncclComm_t);
ncclResult_t ncclBroadcast(const void* from, void* to, std::size_t count, ncclDataType_t, int root, ncclComm_t,
                           cudaStream_t);
const char* ncclGetErrorString(ncclResult_t);
const char* ncclGetLastError(ncclComm_t);

namespace cuda_on_host {
extern int communicators;  ///< that were made and not yet given up
}  // namespace cuda_on_host

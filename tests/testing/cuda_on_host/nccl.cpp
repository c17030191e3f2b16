// SPDX-License-Identifier: Apache-2.0
// NCCL's part. Nothing blocks: every call is in progress for a while, as with the real one.
#include "tests/testing/cuda_on_host/nccl.h"

#include <cstring>

struct nccl_communicator {
  int pending = 0;  ///< questions until the last call has happened
};

namespace cuda_on_host {
int communicators = 0;
}  // namespace cuda_on_host

namespace {
constexpr int questions = 3;
}  // namespace

ncclResult_t ncclGetVersion(int* version) {
  *version = 0;
  return ncclSuccess;
}
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  std::memset(id->internal, 'i', sizeof id->internal);
  return ncclSuccess;
}
ncclResult_t ncclCommInitRankConfig(ncclComm_t* communicator, int members, ncclUniqueId id, int member,
                                    ncclConfig_t* config) {
  if (members != 1 || member != 0 || id.internal[0] != 'i' || config->blocking != 0) return ncclInvalidArgument;
  *communicator = new nccl_communicator{questions};
  ++cuda_on_host::communicators;
  return ncclInProgress;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state) {
  if (communicator == nullptr) return ncclInvalidArgument;
  *state = communicator->pending > 0 ? ncclInProgress : ncclSuccess;
  communicator->pending -= communicator->pending > 0;
  return ncclSuccess;
}
ncclResult_t ncclCommAbort(ncclComm_t communicator) {
  delete communicator;
  --cuda_on_host::communicators;
  return ncclSuccess;
}
ncclResult_t ncclBroadcast(const void* from, void* to, std::size_t count, ncclDataType_t, int root,
                           ncclComm_t communicator, cudaStream_t stream) {
  if (communicator == nullptr || root != 0) return ncclInvalidArgument;
  if (communicator->pending > 0) return ncclInternalError;  // the call before has not happened yet
  communicator->pending = questions;
  cuda_on_host::enqueue(stream, [=] { std::memmove(to, from, count); });
  return ncclInProgress;
}
const char* ncclGetErrorString(ncclResult_t) { return "an error"; }
const char* ncclGetLastError(ncclComm_t) { return ""; }

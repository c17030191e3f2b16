// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/cuda_on_host/block.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#if !defined(__x86_64__)
#error "the switch between threads is written for x86-64"
#endif

// void switch_stack(void** from, void* to): keeps what a call must keep, changes stacks.
asm(R"(
.text
.type switch_stack, @function
switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size switch_stack, .-switch_stack
)");
extern "C" void switch_stack(void** from, void* to) asm("switch_stack");

namespace cuda_on_host {

Index block_index, block_count, thread_index, thread_count;
unsigned bank_to_write = 0;

namespace {

constexpr std::size_t stack_bytes = std::size_t{256} << 10;

enum class State { at_block, at_warp, done };

struct Thread {
  Thread()
      : stack(static_cast<unsigned char*>(
            mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (stack == MAP_FAILED) std::abort();
  }
  unsigned char* stack;
  void* pointer = nullptr;
};

// The lanes of the running warp take turns from the first to the last, over and over, and hand over to each other
// directly: a processor then foresees where each of them goes on.
struct Warp {
  unsigned first = 0, lanes = 0;       ///< whose turn is first, and how many there are
  unsigned had_turn = 0, at_warp = 0;  ///< of this round
};

std::vector<std::unique_ptr<Thread>> threads;
void* scheduler = nullptr;
const std::function<void()>* current_body = nullptr;
std::unique_ptr<unsigned char[]> shared_memory;
const bool reverse = threads_run_in_reverse();
Warp warp;
unsigned at_block = 0;  ///< of the running block

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "CUDA on the host: %s\n", what);
  std::abort();
}

void go_on(void** from, unsigned thread) {
  thread_index.x = thread;
  switch_stack(from, threads[thread]->pointer);
}

void pause(State state) {
  void** const own = &threads[thread_index.x]->pointer;
  warp.at_warp += state == State::at_warp;
  at_block += state == State::at_block;
  if (++warp.had_turn < warp.lanes) return go_on(own, reverse ? thread_index.x - 1 : thread_index.x + 1);
  warp.had_turn = 0;
  if (warp.at_warp == 0) return switch_stack(own, scheduler);
  if (warp.at_warp != warp.lanes)
    fail("lanes of a warp are at different places, or have left, at an operation of the whole warp");
  warp.at_warp = 0;
  bank_to_write = 1 - bank_to_write;
  if (warp.lanes > 1) go_on(own, warp.first);
}

void thread_main() {
  (*current_body)();
  pause(State::done);
  fail("a thread that had ended went on");
}

void prepare(Thread& thread) {
  auto* top = reinterpret_cast<std::uintptr_t*>(thread.stack + stack_bytes);
  *--top = 0;  // keeps the stack aligned as after a call
  *--top = reinterpret_cast<std::uintptr_t>(&thread_main);
  for (int i = 0; i < 6; ++i) *--top = 0;
  thread.pointer = top;
}

// Runs the threads of a warp until all wait for the block or have ended.
void run_warp(unsigned first, unsigned end) {
  warp = {.first = reverse ? end - 1 : first, .lanes = end - first};
  go_on(&scheduler, warp.first);
}

void run_block(unsigned count) {
  for (unsigned t = 0; t < count; ++t) prepare(*threads[t]);
  const unsigned warps = (count + 31) / 32;
  for (;;) {
    at_block = 0;
    for (unsigned i = 0; i < warps; ++i) {
      const unsigned number = reverse ? warps - 1 - i : i;
      run_warp(number * 32, std::min(count, number * 32 + 32));
    }
    if (at_block == 0) return;
    if (at_block != count)
      fail("some threads of a block wait at a barrier that others have passed or will never reach");
  }
}

}  // namespace

void run_grid(Index blocks, unsigned count, std::size_t shared_bytes, const std::function<void()>& body) {
  while (threads.size() < count) threads.push_back(std::make_unique<Thread>());
  current_body = &body;
  block_count = blocks;
  thread_count = {count, 1, 1};
  shared_memory.reset(shared_bytes > 0 ? new unsigned char[shared_bytes] : nullptr);
  for (unsigned y = 0; y < blocks.y; ++y)
    for (unsigned x = 0; x < blocks.x; ++x) {
      block_index = {x, y, 0};
      if (shared_bytes > 0) std::memset(shared_memory.get(), 0xff, shared_bytes);  // NaN in every element
      run_block(count);
    }
}

unsigned char* dynamic_shared_memory() { return shared_memory.get(); }
void wait_for_block() { pause(State::at_block); }
void wait_for_warp() { pause(State::at_warp); }
bool has_first_turn() { return thread_index.x == warp.first; }
bool threads_run_in_reverse() { return std::getenv("CUDA_ON_HOST_REVERSE") != nullptr; }

}  // namespace cuda_on_host

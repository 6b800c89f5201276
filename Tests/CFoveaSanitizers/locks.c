#include "fovea_sanitizers.h"

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif

#if __has_feature(thread_sanitizer)

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

// A `Mutex` of Swift's library that another thread holds is locked by the kernel, from code that was not compiled with
// ThreadSanitizer. It would then see no order between the two threads, and call each access behind the lock a race. So
// this is what waits instead: the same exchange that takes a free lock, until it succeeds. It never leaves the mark of a
// waiting thread, so unlocking has nothing to wake. (Swift 6.3, stdlib/public/Synchronization/Mutex/LinuxImpl.swift: the
// word holds the owner's thread number, or 0.)
__attribute__((swiftcall)) void fovea_lock_slow(uint32_t thread,
                                                __attribute__((swift_context)) _Atomic(uint32_t) * word)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void fovea_lock_slow(uint32_t thread,
                                                __attribute__((swift_context)) _Atomic(uint32_t) * word) {
  uint32_t free = 0;
  while (!atomic_compare_exchange_weak_explicit(word, &free, thread, memory_order_acquire, memory_order_relaxed)) {
    free = 0;
    sched_yield();
  }
}

#endif

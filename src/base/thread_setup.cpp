#include "base/thread_setup.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/log.hpp"

namespace parley {

SignalBlock::SignalBlock() {
  static_assert(sizeof(sigset_t) <= sizeof(saved_));
  sigset_t blocked;
  sigfillset(&blocked);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&blocked, fault);
  pthread_sigmask(SIG_BLOCK, &blocked, reinterpret_cast<sigset_t*>(saved_));
}

SignalBlock::~SignalBlock() { pthread_sigmask(SIG_SETMASK, reinterpret_cast<const sigset_t*>(saved_), nullptr); }

void set_thread_name(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

void pin_thread(unsigned nth) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
  const auto count = static_cast<unsigned>(CPU_COUNT(&allowed));
  if (count == 0) return;
  unsigned wanted = nth % count;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || wanted-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof(one), &one) != 0)
      log::warn("thread not pinned cpu={} error=\"{}\"", cpu, std::strerror(errno));
    return;
  }
}

void set_thread_nice(int nice) {
  if (nice == 0) return;
  // On Linux a "process" of setpriority is a thread, when it is given a thread's id.
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), nice) != 0)
    log::warn("thread priority unchanged nice={} error=\"{}\"", nice, std::strerror(errno));
}

}  // namespace parley

// What every thread of ours has in common. Linux only.
#pragma once

#include <string>

namespace parley {

/// Blocks the asynchronous signals while it lives; threads started meanwhile inherit the mask, so
/// that signals reach the main thread only. Faults (SIGSEGV and its like) stay deliverable.
class SignalBlock {
 public:
  SignalBlock();
  ~SignalBlock();
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  alignas(8) unsigned char saved_[128];  // a sigset_t, without its header
};

/// Cut to the 15 characters that Linux keeps.
void set_thread_name(const std::string& name);
/// Ties the calling thread to the nth CPU of its allowed set, counted round.
void pin_thread(unsigned nth);
/// Of every thread whose work can wait some milliseconds. On a full core a thread as important as the worker
/// held the media clock up for 10 ms at a time.
inline constexpr int behind_media = 10;

/// Lowers (or, with the right, raises) the priority of the calling thread alone.
void set_thread_nice(int nice);

}  // namespace parley

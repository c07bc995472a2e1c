"""A network of a test's own: for peers that refuse loopback."""
import ctypes
import os
import pathlib
import subprocess
import unittest

ADDRESS = "10.99.0.1"
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000


def enter_own_network():
    """Moves this process, and what it starts from now on, into a network namespace that has loopback and ADDRESS.

    Skips the tests where the system does not allow it. The namespace ends with its last process.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    flags = _CLONE_NEWNET if user == 0 else _CLONE_NEWNET | _CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        raise unittest.SkipTest(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    if user != 0:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _ip("link", "set", "lo", "up")
    # Which kinds of link there are depends on the kernel; any that carries an address does.
    if not any(_ip("link", "add", "test0", "type", kind, check=False) for kind in ("dummy", "ifb", "veth")):
        raise unittest.SkipTest("this kernel makes no link to give an address to")
    _ip("address", "add", f"{ADDRESS}/24", "dev", "test0")
    _ip("link", "set", "test0", "up")


def _ip(*words, check=True):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=10)
    if check and done.returncode != 0:
        raise unittest.SkipTest(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.returncode == 0

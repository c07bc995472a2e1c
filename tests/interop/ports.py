"""Ports for the programs of a test, below the range that the system gives out by itself.

A block of ports belongs to one process at a time, by a lock on a file that the system gives back when
the process ends; so several test runs on one machine never meet.
"""
import fcntl
import os
import pathlib
import socket
import tempfile

UNSAFE = {10_080}  # Chromium opens no page there
FIRST, BLOCK, BLOCKS = 10_000, 500, 44  # up to 32,000; Linux hands out ports from 32,768 on
_single = iter(())


def _is_free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def block():
    """A range of 500 ports that no other test uses while this process lives."""
    folder = pathlib.Path(tempfile.gettempdir()) / f"parley-interop-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for number in range(BLOCKS):
        lock = os.open(folder / str(number), os.O_RDWR | os.O_CREAT, 0o600)  # open until the process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return range(FIRST + number * BLOCK, FIRST + (number + 1) * BLOCK)
    raise RuntimeError("every block of test ports is taken")


def port():
    """One port, free for UDP and TCP; the nine after it are left alone (baresip's TLS listens on the next)."""
    global _single
    while True:
        for candidate in _single:
            if candidate not in UNSAFE and _is_free(candidate):
                return candidate
        _single = iter(block()[::10])

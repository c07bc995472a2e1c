"""Child processes with deadlines: waited for by polling, ended by their id, told about when they fail."""
import pathlib
import signal
import socket
import subprocess
import time


class TimedOut(AssertionError):
    pass


def wait_until(condition, what, timeout=10.0, interval=0.05):
    """The first true value of `condition()`; fails after `timeout` seconds, naming `what`."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimedOut(f"{what}: not within {timeout:g} s")
        time.sleep(interval)


def remains(condition, seconds, interval=0.1):
    """Whether `condition()` holds all that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            return False
        time.sleep(interval)
    return True


def listens(port):
    """Whether something has bound that UDP port."""
    rows = pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(row.split()[1].endswith(f":{port:04X}") for row in rows)


def connects(port):
    """Whether something takes TCP connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Child:
    """A program with its output in a file."""

    def __init__(self, command, log, environment=None, folder=None):
        self.command, self.log_path = [str(word) for word in command], log
        self._log = open(log, "ab")
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self._log,
                                        stderr=subprocess.STDOUT, env=environment, cwd=folder)

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def alive(self):
        return self.process.poll() is None

    def wait(self, timeout):
        """Its exit code; ends it when it takes longer."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.stop(grace=2)
            raise TimedOut(f"{self.command[0]} still ran after {timeout:g} s:\n{self.log[-3000:]}") from None
        finally:
            self._log.close()

    def stop(self, grace=5.0):
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self._log.close()
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait(5)
        self._log.close()

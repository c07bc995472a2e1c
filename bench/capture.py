"""Counts what the load really sent, outside both programs: tcpdump on the loopback, one record a packet."""
import re
import signal
import struct
from dataclasses import dataclass, field

from harness import LOAD_CORE, Child, wait_until

SNAP = 54  # Ethernet 14, IPv4 20, UDP 8, RTP 12
RECORD = struct.Struct("<IIII 36x H 4x 2x H 8x")  # pcap's header; then port and sequence number, in network order
RECORD_SIZE = 16 + SNAP


@dataclass
class Stream:
    """The packets to one port: sipp sends those of all calls from the same."""
    first: float = 0.0
    last: float = 0.0
    packets: int = 0
    longest_pause: float = 0.0
    sequences: set = field(default_factory=set)


class Capture:
    """Everything that leaves the load's `media` port by UDP, while it is open."""

    def __init__(self, media, folder, cores=(LOAD_CORE,)):
        self.path, self._log = folder / "sent.pcap", folder / "tcpdump.log"
        self.child = Child(["taskset", "-c", ",".join(map(str, cores)), "tcpdump", "-i", "lo", "-n", "-s", SNAP, "-B", 131072,
                            "-Z", "root", "-w", self.path, f"udp and src port {media}"], self._log)
        wait_until(lambda: not self.child.alive() or "listening on" in self.child.log, "tcpdump listens")
        if not self.child.alive():
            raise RuntimeError(f"tcpdump does not start (it needs root): {self.child.log}")

    def close(self):
        """The streams by the port they go to, and how many packets the capture itself missed."""
        self.child.process.send_signal(signal.SIGINT)
        self.child.wait(20)
        missed = re.search(r"(\d+) packets? dropped by kernel", self.child.log)
        data = self.path.read_bytes()[24:]
        streams = {}
        for seconds, micros, kept, _, port, sequence in RECORD.iter_unpack(data[:len(data) // RECORD_SIZE * RECORD_SIZE]):
            if kept != SNAP:
                raise RuntimeError("a packet shorter than RTP was captured")
            at, port = seconds + micros / 1e6, port >> 8 | (port & 0xFF) << 8
            stream = streams.get(port)
            if stream is None:
                stream = streams[port] = Stream(first=at, last=at)
            stream.longest_pause = max(stream.longest_pause, at - stream.last)
            stream.last = at
            stream.packets += 1
            stream.sequences.add(sequence)
        self.path.unlink()
        return streams, int(missed[1]) if missed else 0

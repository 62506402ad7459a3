"""The two ways for records: into this process's own recorder, or to the collector."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nightlatch import __version__
from nightlatch.app.kept_directives import KeptDirectives
from nightlatch.app.stores import (
    DIRECTIVES,
    INGEST_TOKEN,
    SPOOL,
    build_recorder,
    data_dir,
    open_what_there_is,
)
from nightlatch.app.ticker import Ticker
from nightlatch.exchange.facts import Directives
from nightlatch.settings import ConfigurationError, Settings

if TYPE_CHECKING:
    from nightlatch.app.collector import CollectorServer

log = logging.getLogger("nightlatch")


class LocalSink:
    """A recorder with embedded stores, in this process; with the console if that was asked for."""

    def __init__(self, settings: Settings, trouble: Callable[[], str] = str) -> None:
        """`trouble` tells why no budgets are shared with other processes."""
        self._events, self._documents = open_what_there_is(settings)
        self._recorder = build_recorder(settings, self._events, self._documents)
        self._recorder.sharing = trouble
        self.take = self._recorder.take
        self.lose = self._recorder.count
        self._ticker = Ticker(self._recorder.tick)
        self._console: CollectorServer | None = None
        if settings.console.enabled:
            self._open_console(settings)

    @property
    def directives(self) -> Directives:
        return self._recorder.directives

    def close(self) -> None:
        if self._console is not None:
            self._console.stop()
        self._ticker.stop()
        self._recorder.close(time.time())
        self._events.close()
        self._documents.close()

    def _open_console(self, settings: Settings) -> None:
        # Late: most applications leave the console to the collector, and need none of its packages.
        from nightlatch.app.collector import CollectorServer, build_server, listen

        try:
            listener = listen(settings)
        except OSError as error:
            log.error("There is no console, everything else works: %s", error)
            return
        app = build_server(settings, self._recorder, self._events, self._documents)
        self._console = CollectorServer(app, listener)
        self._console.start("nightlatch-console")


class RemoteSink:
    """The collector behind `NIGHTLATCH_URL`."""

    def __init__(
        self, settings: Settings, waiting: Callable[[], int], trouble: Callable[[], str] = str
    ) -> None:
        # Late: an HTTP client takes 20 ms to import, and without a URL there is nothing to ship to.
        from nightlatch.capture.shipping import Shipper

        self._kept = KeptDirectives(data_dir(settings) / DIRECTIVES)
        self.directives = self._kept.load()
        token = settings.token or _token_beside(settings)
        try:
            self._shipper = Shipper(
                settings.url,
                token,
                settings.service,
                version=__version__,
                on_directives=self._hear,
                queue_depth=waiting,
                trouble=trouble,
                spool=data_dir(settings) / SPOOL,
                spool_bytes=settings.shipping.spool_megabytes * 2**20,
            )
        except ValueError as error:
            raise ConfigurationError([str(error)]) from error
        self.take = self._shipper.send
        self.lose = self._shipper.count
        self._shipper.start()

    def close(self) -> None:
        self._shipper.close()

    def _hear(self, directives: Directives) -> None:
        self.directives = directives
        self._kept.keep(directives)


_TOKEN_ADVICE = "Start `nightlatch up` first, or set NIGHTLATCH_TOKEN to the collector's token."


def _token_beside(settings: Settings) -> str:
    """The token that a collector with the same data directory wrote for applications like us."""
    path: Path = data_dir(settings) / INGEST_TOKEN
    try:
        return path.read_text("ascii").strip()
    except OSError as error:
        raise ConfigurationError(
            [f"token: none was given and {path} cannot be read ({error.strerror}). {_TOKEN_ADVICE}"]
        ) from error

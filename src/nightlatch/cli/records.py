"""Past records for commands: from the store, or from the console that has it open."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode, urlsplit

import msgspec

from nightlatch.app.stores import open_events
from nightlatch.cli.desk import TIMEOUT, console_token, console_url
from nightlatch.cli.output import Refusal
from nightlatch.exchange.record import Record
from nightlatch.settings import Settings
from nightlatch.store.ports import EventQuery, EventStore, StoreFailed

PAGE = 200


class Pages(Protocol):
    """Where records are read."""

    def __call__(self, before: str | None) -> list[Record]:
        """The next ones, older than the record with this id; newest first."""


@contextmanager
def past_records(settings: Settings, since: float) -> Iterator[Iterator[Record]]:
    """Those since then, newest first, however many there are. Raises Refusal."""
    if settings.url:
        yield _walk(_Console(settings.url, console_token(settings)), since)
        return
    if not Path(settings.data_dir).is_dir():
        raise Refusal(
            f"There is no data in {settings.data_dir!r} yet. Start the application with the "
            "middleware from this directory, or name the place with NIGHTLATCH_DATA_DIR."
        )
    try:
        opened = open_events(settings)
    except StoreFailed:
        # Somebody has it open: whoever it is may have a console.
        yield _walk(_Console(console_url(settings), console_token(settings)), since)
        return
    with closing(opened) as events:
        yield _walk(_Store(events, since), since)


def _walk(pages: Pages, since: float) -> Iterator[Record]:
    before: str | None = None
    while records := pages(before):
        for record in records:
            if record.at < since:
                return
            yield record
        before = records[-1].id


class _Store:
    def __init__(self, events: EventStore, since: float) -> None:
        self._events = events
        self._since = since

    def __call__(self, before: str | None) -> list[Record]:
        return self._events.search(EventQuery(since=self._since, before=before, limit=PAGE))


class _Console:
    def __init__(self, url: str, token: str) -> None:
        self._url = urlsplit(url)
        self._token = token

    def __call__(self, before: str | None) -> list[Record]:
        query = {"limit": str(PAGE)} | ({"before": before} if before else {})
        path = f"{self._url.path.rstrip('/')}/api/v1/records?{urlencode(query)}"
        status, data = self._ask(path)
        if status != 200:
            raise Refusal(f"The console at {self._url.geturl()} answered {status}.")
        return msgspec.json.decode(data, type=list[Record])

    def _ask(self, path: str) -> tuple[int, bytes]:
        make = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        try:
            with closing(make(self._url.netloc, timeout=TIMEOUT)) as connection:
                connection.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
                answer = connection.getresponse()
                return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise Refusal(
                f"The records are in use, and the console at {self._url.geturl()} does not answer "
                f"({error}). Is `nightlatch up` running there? NIGHTLATCH_URL says where it is."
            ) from error

"""`nightlatch up` and `nightlatch token`: the collector and console of this machine."""

import signal
import sys
import time
from contextlib import closing
from types import FrameType
from typing import NoReturn

import typer

from nightlatch.app.configuration import configure
from nightlatch.app.stores import (
    INGEST_TOKEN,
    build_recorder,
    data_dir,
    open_documents,
    open_events,
)
from nightlatch.app.ticker import Ticker
from nightlatch.cli.output import AsJson, Refusal, print_json, screen
from nightlatch.console.access import Access
from nightlatch.settings import Settings


def up(as_json: AsJson = False) -> None:
    """Run the collector and console on this machine, with embedded stores.

    Applications find it through NIGHTLATCH_URL. Ctrl-C ends it.
    """
    from nightlatch.app.collector import ConsoleServer, listen

    settings = configure()
    try:
        listener = listen(settings)
    except OSError as error:
        raise Refusal(f"Nightlatch {error} nightlatch up") from error
    end_in_order()
    with (
        listener,
        closing(open_events(settings)) as events,
        closing(open_documents(settings)) as documents,
    ):
        recorder = build_recorder(settings, events, documents)
        ticker = Ticker(recorder.tick)
        try:
            server = ConsoleServer(settings, recorder, events, documents, listener)
            url = _url(settings, listener.getsockname()[1])
            token = Access(documents).issue(time.time())
            if as_json:
                print_json({"url": url, "console": _link(url, token)})
            else:
                _welcome(settings, url, token)
            server.run()
        finally:
            ticker.stop()
            recorder.close(time.time())


def end_in_order() -> None:
    """What stops a service is an end like Ctrl-C: what is in memory is kept, children are ended."""
    signal.signal(signal.SIGTERM, _end)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def token(as_json: AsJson = False) -> None:
    """Print a new one-time link to the console of this data directory."""
    link = console_link(configure())
    if as_json:
        print_json({"url": link})
    else:
        typer.echo(link)


def console_link(settings: Settings) -> str:
    """A link that opens the console once, within the hour."""
    documents = open_documents(settings)
    try:
        url = _url(settings, settings.console.port)
        return _link(url, Access(documents).issue(time.time()))
    finally:
        documents.close()


def _url(settings: Settings, port: int) -> str:
    host = settings.console.host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _link(url: str, token: str) -> str:
    return f"{url}/?token={token}"


def _welcome(settings: Settings, url: str, token: str) -> None:
    screen.print("[bold]Nightlatch[/] is up. Console (this link works once):\n")
    screen.print(f"    {_link(url, token)}\n", soft_wrap=True)
    screen.print("Your application, started from this directory:\n")
    screen.print(f"    NIGHTLATCH_URL={url} uvicorn shop:app\n", soft_wrap=True)
    screen.print(
        f"From elsewhere it also needs NIGHTLATCH_TOKEN, which is in "
        f"{data_dir(settings) / INGEST_TOKEN}.\nAnother link: nightlatch token. "
        "What is wrong: nightlatch doctor. Ctrl-C ends it.",
        soft_wrap=True,
    )

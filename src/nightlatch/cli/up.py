"""`nightlatch up` and `nightlatch token`: the collector and console of this machine."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from types import FrameType
from typing import Any, NoReturn, TypeVar

import typer
from msgspec import Struct

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

T = TypeVar("T")


def up(as_json: AsJson = False) -> None:
    """Run the collector and console on this machine, with embedded stores.

    Applications find it through NIGHTLATCH_URL; other sources send to it with a token each (see
    `nightlatch source`). NIGHTLATCH_SOURCES_LISTEN=0.0.0.0:4181 takes both from other machines,
    without the console. Ctrl-C ends it.
    """
    settings = configure()
    with ExitStack() as stack:
        try:
            server, also = _open(settings, stack)
        except OSError as error:
            raise Refusal(f"Nightlatch {error} nightlatch up") from error
        if as_json:
            print_json({"url": server.url, "console": server.link, "also": also})
        else:
            _welcome(settings, server.url, server.link, also)
        server.run()


class _Opened(Struct, frozen=True):
    """What runs, and where it is."""

    run: Callable[[], None]
    url: str
    link: str
    """To the console, once."""


def _open(settings: Settings, stack: ExitStack) -> tuple[_Opened, list[str]]:
    """Everything, and where else than at the console it listens. What is opened last is closed
    first: sources, then what records what they told, then the stores. Raises OSError."""
    from nightlatch.app import collector
    from nightlatch.app.exports import Exports
    from nightlatch.app.intakes import Intakes
    from nightlatch.app.networks import NetworksKeeper
    from nightlatch.app.previews import sources_for_previews
    from nightlatch.identity.networks import Networks

    # Before anybody finds the door open: applications that are started beside us read it.
    collector.ingest_token(settings)
    listener = stack.enter_context(collector.listen(settings))
    apart = collector.listen_for_sources(settings)
    if apart is not None:
        stack.enter_context(apart)
    end_in_order()
    events = stack.enter_context(closing(open_events(settings)))
    documents = stack.enter_context(closing(open_documents(settings)))
    networks = Networks()
    keeper = NetworksKeeper(settings, networks)
    stack.callback(keeper.close)
    sources = sources_for_previews(settings, networks)
    recorder = build_recorder(settings, events, documents, sources)
    recorder.feeds = keeper.troubles
    stack.callback(lambda: recorder.close(time.time()))
    stack.callback(Ticker(recorder.tick).stop)
    # Closed after the sources, so that their last words leave too.
    stack.callback(Exports(settings, recorder).stop)
    intakes = Intakes(settings, recorder, documents)
    stack.callback(intakes.close)
    intakes.start()
    also = list(intakes.addresses)
    if apart is not None:
        app = collector.build_intake(settings, recorder, intakes.routes)
        server = collector.CollectorServer(app, apart)
        server.start("nightlatch-intake")
        stack.callback(server.stop, 1.0)
        also.insert(0, f"http://{settings.sources.listen}")
    console = collector.build_server(settings, recorder, events, documents, intakes.routes)
    url = _url(settings, listener.getsockname()[1])
    link = _link(url, Access(documents).issue(time.time()))
    return _Opened(collector.CollectorServer(console, listener).run, url, link), also


def end_in_order() -> None:
    """What stops a service is an end like Ctrl-C: what is in memory is kept, children are ended."""
    signal.signal(signal.SIGTERM, _end)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def run_in_order(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` where the process ends in order: what stops a service cancels `work`, as Ctrl-C
    does, and the process ends once that is over. An end that is raised in the middle of whichever
    task happens to run would be told of as that task's failure."""
    told: list[int] = []

    async def whole() -> T:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None  # noqa: S101 - asyncio.run has made one

        def cancel(signal_: int, _frame: FrameType | None) -> None:
            told.append(signal_)
            loop.call_soon_threadsafe(task.cancel)

        before = signal.signal(signal.SIGTERM, cancel)
        try:
            return await work
        finally:
            signal.signal(signal.SIGTERM, before)

    try:
        done = asyncio.run(whole())
    except asyncio.CancelledError:
        sys.exit(0)
    if told:
        sys.exit(0)
    return done


@contextmanager
def asked_to_end() -> Iterator[Callable[[], bool]]:
    """Tells whether Ctrl-C was pressed, or what stops a service came: for work that must not be
    broken off in the middle of a step. Whoever asks a second time is not kept waiting."""
    handled = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(one) for one in handled]
    asked = False

    def restore() -> None:
        for one, handler in zip(handled, before, strict=True):
            signal.signal(one, handler)

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        restore()

    for one in handled:
        signal.signal(one, ask)
    try:
        yield lambda: asked
    finally:
        restore()


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


def _welcome(settings: Settings, url: str, link: str, also: Sequence[str]) -> None:
    screen.print("[bold]Nightlatch[/] is up. Console (this link works once):\n")
    screen.print(f"    {link}\n", soft_wrap=True)
    screen.print("Your application, started from this directory:\n")
    screen.print(f"    NIGHTLATCH_URL={url} uvicorn shop:app\n", soft_wrap=True)
    for address in also:
        screen.print(f"It also listens on {address}.", markup=False, soft_wrap=True)
    screen.print(
        f"From elsewhere it also needs NIGHTLATCH_TOKEN, which is in "
        f"{data_dir(settings) / INGEST_TOKEN}.\nOther sources: nightlatch source add. "
        "Another link: nightlatch token. What is wrong: nightlatch doctor. Ctrl-C ends it.",
        soft_wrap=True,
    )

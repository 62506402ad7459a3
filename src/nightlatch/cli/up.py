"""`nightlatch up` and `nightlatch token`: the collector and console of this machine."""

import time

import typer

from nightlatch.app.stores import (
    INGEST_TOKEN,
    build_recorder,
    data_dir,
    open_documents,
    open_events,
)
from nightlatch.cli.output import AsJson, Refusal, print_json, screen
from nightlatch.console.access import Access
from nightlatch.settings import Settings, load_settings


def up(as_json: AsJson = False) -> None:
    """Run the collector and console on this machine, with embedded stores.

    Applications find it through NIGHTLATCH_URL. Ctrl-C ends it.
    """
    from nightlatch.app.collector import ConsoleServer

    settings = load_settings()
    events, documents = open_events(settings), open_documents(settings)
    recorder = build_recorder(settings, events, documents)
    try:
        server = ConsoleServer(settings, recorder, events, documents)
        link = f"{_url(settings)}/?token={Access(documents).issue(time.time())}"
        if as_json:
            print_json({"url": _url(settings), "console": link})
        else:
            _welcome(settings, link)
        server.run()
    except SystemExit as error:
        raise Refusal(
            f"Cannot listen on {settings.console.host}:{settings.console.port}; is it up already? "
            "Another port: NIGHTLATCH_CONSOLE_PORT=4181 nightlatch up"
        ) from error
    finally:
        recorder.close(time.time())
        events.close()
        documents.close()


def token(as_json: AsJson = False) -> None:
    """Print a new one-time link to the console of this data directory."""
    link = console_link(load_settings())
    if as_json:
        print_json({"url": link})
    else:
        typer.echo(link)


def console_link(settings: Settings) -> str:
    """A link that opens the console once, within the hour."""
    documents = open_documents(settings)
    try:
        return f"{_url(settings)}/?token={Access(documents).issue(time.time())}"
    finally:
        documents.close()


def _url(settings: Settings) -> str:
    host = settings.console.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.console.port}"


def _welcome(settings: Settings, link: str) -> None:
    screen.print("[bold]Nightlatch[/] is up. Console (this link works once):\n")
    screen.print(f"    {link}\n", soft_wrap=True)
    screen.print("Your application, started from this directory:\n")
    screen.print(f"    NIGHTLATCH_URL={_url(settings)} uvicorn shop:app\n", soft_wrap=True)
    screen.print(
        f"From elsewhere it also needs NIGHTLATCH_TOKEN, which is in "
        f"{data_dir(settings) / INGEST_TOKEN}.\nAnother link: nightlatch token. "
        "What is wrong: nightlatch doctor. Ctrl-C ends it.",
        soft_wrap=True,
    )

"""`nightlatch export`: what was recorded, in the words of another system."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import TextColumn, TimeElapsedColumn

from nightlatch import __version__
from nightlatch.app.configuration import configure
from nightlatch.app.exports import trusting
from nightlatch.cli.measures import read_span
from nightlatch.cli.output import AsJson, Refusal, print_json
from nightlatch.cli.progress import progress_bar
from nightlatch.cli.records import past_records
from nightlatch.exchange.predicate import PredicateError
from nightlatch.exchange.record import Record
from nightlatch.respond.exports import har
from nightlatch.respond.exports.destination import (
    Destination,
    checked_target,
    known_format,
    open_sender,
)
from nightlatch.respond.exports.exporter import BATCH
from nightlatch.respond.exports.formats import FORMATS
from nightlatch.respond.exports.report import reports_of
from nightlatch.respond.exports.selection import wanted
from nightlatch.respond.exports.sending import Sender, Undelivered, Unwanted
from nightlatch.settings import Settings

HAR = "har"
OUTPUT = "-"
TRIES = 4
"""Times that one batch is sent; the pause between them doubles from a second on."""
_FORMATS = f"{', '.join(FORMATS)} or {HAR}"


class Done(Struct):
    """What became of the export."""

    records: int = 0
    events: int = 0
    unwanted: int = 0


def export(
    form: Annotated[str, typer.Option("--format", help=f"{_FORMATS}.")] = "jsonl",
    since: Annotated[str, typer.Option(help="How far back: 15m, 1h, 7d.")] = "1h",
    where: Annotated[
        str, typer.Option(help="Which of them: 'level >= medium and path ~ \"/users/*\"'.")
    ] = "",
    to: Annotated[
        str,
        typer.Option(help='A file, "-", or a place such as https://bearer:TOKEN@siem.example/in.'),
    ] = OUTPUT,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many at most.")] = 1_000_000,
    as_json: AsJson = False,
) -> None:
    """Hand on past exchanges, and what was found in them: newest first, redacted as they are kept.

    Formats: ocsf (4002, 6003, 2004), ecs, cef, gelf, otlp, otlp-protobuf (over HTTP), jsonl; har
    is one file for a browser's developer tools. Places: a file, http(s)://, syslog+udp://,
    syslog+tcp://, syslog+tls://, and for gelf udp://, tcp://, tls://. With --json the last line
    tells what was exported. What is recorded from now on leaves by the setting `exports.to`.
    """
    settings = configure()
    try:
        chosen = wanted(where)
        write = _writer(form, to, settings)
    except PredicateError as mistake:
        raise Refusal(f"--where: {mistake}") from mistake
    except (ValueError, OSError) as mistake:
        raise Refusal(str(mistake)) from mistake
    began = time.time() - read_span(since)
    done = Done()
    with past_records(settings, began) as records:
        selected = islice(filter(chosen, records), limit)
        with _refusing(to):
            write(_counted(selected, done), done)
    _tell(done, to, as_json=as_json)


@contextmanager
def _refusing(to: str) -> Iterator[None]:
    """A place that takes no more: a full disk, a directory. Raises Refusal."""
    try:
        yield
    except BrokenPipeError:
        # Whoever reads has enough, as `head` does.
        raise
    except OSError as error:
        where = "standard output" if to == OUTPUT else _without_secrets(to)
        raise Refusal(f"{where}: {error.strerror or error}") from error


def _writer(form: str, to: str, settings: Settings) -> Callable[[Iterable[Record], Done], None]:
    """How they are written. Raises ValueError, OSError."""
    if form == HAR:
        if "://" in to:
            raise ValueError("har is one file: --to a file, or - for standard output")
        return lambda records, _: _write_har(records, to)
    chosen = known_format(form)
    if to == OUTPUT and not chosen.binary:
        target = "stdout:"
    elif "://" in to or to.startswith("file:") or chosen.binary:
        target = checked_target(form, to)
    else:
        target = Path(to).absolute().as_uri().replace("file://", "file:")
    destination = Destination(chosen, target, "", wanted(""))
    sender = open_sender(destination, trusting(settings))
    return lambda records, done: _send(records, destination, sender, done)


def _send(records: Iterable[Record], destination: Destination, sender: Sender, done: Done) -> None:
    form = destination.form
    events: list[bytes] = []
    with closing(sender):
        for record in records:
            events.append(form.exchange(record))
            events.extend(form.report(report) for report in reports_of(record))
            if len(events) >= BATCH:
                _deliver(events, sender, done)
                events = []
        if events:
            _deliver(events, sender, done)


def _deliver(events: list[bytes], sender: Sender, done: Done) -> None:
    """Raises Refusal when the other end stays away."""
    for tried in range(TRIES):
        try:
            sender.send(events)
        except Undelivered as reason:
            done.events += reason.delivered
            events = events[reason.delivered :]
            if tried == TRIES - 1:
                raise Refusal(f"{reason}; {done.events:,} events had gone through.") from reason
            time.sleep(max(2.0**tried, reason.retry_after))
            continue
        except Unwanted as reason:
            refused = len(events) if reason.number is None else reason.number
            done.unwanted += refused
            done.events -= refused
        done.events += len(events)
        return


def _write_har(records: Iterable[Record], to: str) -> None:
    pieces = har.pieces(records, __version__)
    if to == OUTPUT:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.flush()
        return
    # For nobody else's eyes, as all that is exported into files.
    with open(to, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.writelines(pieces)


def _counted(records: Iterable[Record], done: Done) -> Iterator[Record]:
    """With a line of progress where a person watches."""
    columns = TextColumn("Exporting"), TextColumn("{task.completed:,} exchanges")
    with progress_bar(*columns, TimeElapsedColumn(), quiet=True) as bar:
        task = bar.add_task("", total=None)
        for record in records:
            done.records += 1
            bar.advance(task)
            yield record


def _without_secrets(to: str) -> str:
    """The place, for people."""
    return to.rpartition("@")[2] if "://" in to else to


def _tell(done: Done, to: str, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    unwanted = f", {done.unwanted:,} events were refused there" if done.unwanted else ""
    where = "" if to == OUTPUT else f" to {_without_secrets(to)}"
    Console(stderr=True, highlight=False).print(
        f"Exported {done.records:,} exchanges{where}{unwanted}.", markup=False, soft_wrap=True
    )

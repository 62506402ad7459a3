"""`nightlatch source` and `nightlatch dead-letters`: who may send, and what could not be read."""

import re
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from nightlatch.app.configuration import configure
from nightlatch.app.doorkeeper import source_tokens
from nightlatch.app.places import intake_url
from nightlatch.app.stores import open_documents
from nightlatch.cli.desk import author
from nightlatch.cli.measures import read_span
from nightlatch.cli.output import AsJson, Refusal, plain, print_json, printable, screen, table
from nightlatch.exchange.source import SourceKind
from nightlatch.respond.dead_letters import DeadLetters
from nightlatch.respond.sender_settings import sender_settings
from nightlatch.respond.source_book import SourceSeen, last_heard, read_book
from nightlatch.respond.source_tokens import SourceToken, SourceTokens, TokenRefused
from nightlatch.settings import Settings
from nightlatch.store.ports import DocumentStore

Name = Annotated[str, typer.Argument(help="What you call it: shop-production.")]
_SIZE = re.compile(r"(\d{1,12})\s*(k|m|g)?b?(?:/s)?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}

source = typer.Typer(
    help="Tokens of sources: who may send, and what they sent.", no_args_is_help=True
)


@source.command()
def add(
    name: Name,
    kind: Annotated[
        # Not an enumeration's: what is none is told here what there is, and where else to go.
        list[str],
        typer.Option(
            "--kind",
            metavar="treblle|otlp|gelf",
            help="What it sends; may be given several times.",
        ),
    ] = [],  # noqa: B006
    service: Annotated[
        str,
        typer.Option("--service", help="Whose API all of it is about; without it the source says."),
    ] = "",
    rate: Annotated[
        str,
        typer.Option("--rate", help="How many bytes a second it may send: 2MB. 0: as it likes."),
    ] = "16MB",
    as_json: AsJson = False,
) -> None:
    """Make a token for a source, and say how to send with it. The token is shown this once.

    A collector that runs takes it up within a second.
    """
    settings = configure()
    with _tokens(settings) as (tokens, _):
        token = tokens.add(name, kind, service, _bytes(rate), author(), time.time())
        kinds = _latest(tokens, name).kinds
    url = intake_url(settings)
    if as_json:
        print_json({"name": name, "token": token, "url": url})
        return
    _print_token(name, token, sorted(kinds), url)


@source.command(name="list")
def list_sources(as_json: AsJson = False) -> None:
    """List sources: who made their tokens, and what became of all that they sent."""
    with _tokens(configure()) as (tokens, documents):
        made, seen = tokens.all(), read_book(documents)
    if as_json:
        print_json({"tokens": [_shown(one) for one in made], "sources": seen})
        return
    _print_tokens(made, seen)
    _print_sources(seen)


@source.command()
def rotate(
    name: Name,
    grace: Annotated[
        str,
        typer.Option("--grace", help="How long the one before goes on: 15m, 7d. 0s: it ends now."),
    ] = "1h",
    as_json: AsJson = False,
) -> None:
    """Make a new token in the place of a source's, and let the one before end a little later.

    Nothing is lost meanwhile: the sender is told the new one while both work.
    """
    settings = configure()
    with _tokens(settings) as (tokens, _):
        token = tokens.rotate(name, read_span(grace), author(), time.time())
        kinds = _latest(tokens, name).kinds
    if as_json:
        print_json({"name": name, "token": token, "url": intake_url(settings)})
    else:
        _print_token(name, token, sorted(kinds), intake_url(settings))


@source.command()
def revoke(name: Name, as_json: AsJson = False) -> None:
    """Let nobody send with a source's token any more. What it sent stays."""
    with _tokens(configure()) as (tokens, _):
        tokens.revoke(name, author(), time.time())
    if as_json:
        print_json({"name": name, "revoked": True})
    else:
        screen.print(f"{name} may not send any more.", markup=False)


def dead_letters(
    source: Annotated[str, typer.Option("--source", help="Only of the source of this name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what sources sent and could not be read: why, how often, and how the latest looked.

    The pictures keep the shape alone: every letter and digit that could be somebody's is masked.
    """
    with _tokens(configure()) as (_, documents):
        seen = read_book(documents)
    letters = [
        (one, letter) for one in seen for letter in one.letters if not source or one.name == source
    ]
    if as_json:
        print_json(
            [{"kind": one.kind, "source": one.name, "letters": letter} for one, letter in letters]
        )
        return
    if not letters:
        screen.print("No dead letters: all that was sent could be read.")
    for one, letter in sorted(letters, key=lambda pair: -pair[1].last):
        screen.print(
            printable(f"{_called(one)}: {letter.reason}, {_times(letter)}"),
            markup=False,
            soft_wrap=True,
        )
        for picture in letter.pictures:
            screen.print(f"    {picture}", markup=False, style="dim", soft_wrap=True)


@contextmanager
def _tokens(settings: Settings) -> Iterator[tuple[SourceTokens, DocumentStore]]:
    """The tokens and the store they lie in. A TokenRefused inside ends in words."""
    with closing(open_documents(settings)) as documents:
        try:
            yield source_tokens(settings, documents), documents
        except TokenRefused as refused:
            raise Refusal(str(refused)) from refused


def _latest(tokens: SourceTokens, name: str) -> SourceToken:
    """The token that was made last for this source."""
    return next(one for one in reversed(tokens.all()) if one.name == name)


def _bytes(rate: str) -> int:
    match = _SIZE.fullmatch(rate.strip())
    if match is None:
        raise Refusal(f"--rate {rate}: write bytes a second, such as 500kB or 2MB.")
    return int(match[1]) * _UNITS[(match[2] or "").lower()]


def _print_token(name: str, token: str, kinds: Sequence[SourceKind], url: str) -> None:
    screen.print(f"The token of {name}; it is not shown again:\n", markup=False)
    screen.print(f"    {token}\n", markup=False, soft_wrap=True)
    for one in kinds:
        told = sender_settings(one, url, token)
        screen.print(told.title + "\n", markup=False, soft_wrap=True)
        screen.print(textwrap.indent(told.text, "    "), markup=False, soft_wrap=True)


def _shown(token: SourceToken) -> dict[str, object]:
    return {
        "name": token.name,
        "kinds": sorted(token.kinds),
        "service": token.service,
        "bytes_per_second": token.bytes_per_second,
        "author": token.author,
        "created": token.created,
        "revoked": token.revoked,
        "until": token.until,
    }


def _print_tokens(made: list[SourceToken], seen: list[SourceSeen]) -> None:
    if not made:
        screen.print("No source has a token yet: nightlatch source add NAME --kind treblle\n")
        return
    now = time.time()
    shown = table("Source", "Kinds", "Service", "Made", "By", "Used")
    for one in made:
        last = _when(last_heard(seen, one.name, one.kinds))
        if one.revoked:
            last = f"revoked {_when(one.revoked)}"
        elif one.until:
            last = f"{'ends' if one.in_force(now) else 'ended'} {_when(one.until)}"
        kinds = ", ".join(sorted(one.kinds))
        shown.add_row(
            one.name, kinds, plain(one.service), _when(one.created), plain(one.author), last
        )
    screen.print(shown)
    screen.print()


def _print_sources(seen: list[SourceSeen]) -> None:
    if not seen:
        screen.print("Nothing was heard of any source yet.")
        return
    numbers = ("Taken", "Repeated", "Lost", "Rejected")
    shown = table("Heard of", "Services", *numbers, "Last", numbers=numbers)
    for one in seen:
        shown.add_row(
            plain(_called(one)),
            plain(", ".join(one.services)),
            f"{one.accepted:,}",
            f"{one.repeated:,}",
            f"{one.lost + one.failed:,}",
            f"{one.rejected:,}",
            _when(one.last_seen),
        )
    screen.print(shown)
    if any(one.letters for one in seen):
        screen.print("\nWhat was rejected, and why: nightlatch dead-letters")


def _times(letter: DeadLetters) -> str:
    if letter.count == 1:
        return f"once, {_when(letter.last)}"
    return f"{letter.count:,} times, first {_when(letter.first)}, last {_when(letter.last)}"


def _called(seen: SourceSeen) -> str:
    return f"{seen.kind} {seen.name or '(unknown sender)'}"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S") if at else "never"

"""`nightlatch feeds`: the lists of networks, what they hold and how their sources fare."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nightlatch.app.configuration import configure
from nightlatch.app.networks import SeenFeed, bounds, configured_feeds, open_feeds, seen_feeds
from nightlatch.cli.output import AsJson, Refusal, plain, print_json, screen, table
from nightlatch.exchange.client import Network
from nightlatch.identity.address import normal_address
from nightlatch.identity.feeds import Feed, FeedRefused, read_feed
from nightlatch.identity.networks import Networks
from nightlatch.identity.prefixes import at_once
from nightlatch.respond.feed_files import Known
from nightlatch.respond.feeds import Feeds, check_list
from nightlatch.settings import Settings


class Act(StrEnum):
    LIST = "list"
    FETCH = "fetch"
    TEST = "test"
    LOOK = "look"


def feeds(
    act: Annotated[
        Act, typer.Argument(help="list them; fetch now; test one; look an address up.")
    ] = Act.LIST,
    what: Annotated[
        str,
        typer.Argument(
            help="A feed's name; to test, also a feed in words; to look up, an address."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show the configured lists of networks, fetch them now, or try one out.

    Applications fetch by themselves when a list is due; what is fetched here they notice within
    seconds. A test keeps nothing: `nightlatch feeds test "tor tor https://lists.example/tor.txt"`.
    """
    settings = configure()
    if act is Act.LIST:
        _list(seen_feeds(settings, time.time()), as_json=as_json)
    elif act is Act.FETCH:
        _fetch(settings, what, as_json=as_json)
    elif act is Act.TEST:
        _test(settings, what, as_json=as_json)
    else:
        _look(settings, what, as_json=as_json)


def _list(seen: Sequence[SeenFeed], *, as_json: bool) -> None:
    if as_json:
        print_json([_as_value(one) for one in seen])
        return
    if not seen:
        screen.print("No feeds are configured; docs/guides/networks.md says how.", markup=False)
        return
    rows = table("Feed", "Kind", "Entries", "Checked", "State", "Source", numbers=("Entries",))
    for one in seen:
        known = one.known
        checked = f"{(time.time() - known.checked) / 3600:.1f} h ago" if known.checked else "never"
        state = plain(one.fault or "ok")
        name, kind = one.feed.name, one.feed.kind.value
        rows.add_row(name, kind, f"{one.entries:,}", checked, state, plain(one.feed.shown))
    screen.print(rows)


def _fetch(settings: Settings, name: str, *, as_json: bool) -> None:
    wanted = [feed for feed in configured_feeds(settings) if feed.url and name in ("", feed.name)]
    if not wanted:
        raise Refusal(f'There is no feed "{name}" with a URL.' if name else "No feed has a URL.")
    keeper = open_feeds(settings, Networks())
    known = {feed.name: keeper.refresh(feed, time.time()) for feed in _shown(wanted, as_json)}
    if as_json:
        print_json([{"name": name, **_known_value(one)} for name, one in known.items()])
    else:
        rows = table("Feed", "Entries", "State", numbers=("Entries",))
        for name, one in known.items():
            rows.add_row(name, f"{one.entries:,}", plain(one.error or "ok"))
        screen.print(rows)
    if any(one.error for one in known.values()):
        sys.exit(1)


def _test(settings: Settings, text: str, *, as_json: bool) -> None:
    feed = _named(settings, text)
    known = _try(settings, feed, as_json=as_json) if feed.url else _try_file(feed)
    if known.error:
        raise Refusal(f"{feed.name}: {known.error}")
    if as_json:
        print_json({"name": feed.name, "kind": feed.kind, "entries": known.entries})
    else:
        screen.print(f"{feed.name}: {known.entries:,} entries; it can be used.", markup=False)


def _named(settings: Settings, text: str) -> Feed:
    """A configured feed by its name, or one in words."""
    for feed in configured_feeds(settings):
        if feed.name == text:
            return feed
    try:
        return read_feed(text)
    except ValueError as error:
        raise Refusal(str(error)) from error


def _try(settings: Settings, feed: Feed, *, as_json: bool) -> Known:
    with TemporaryDirectory() as directory:
        keeper = Feeds((feed,), (), Path(directory), Networks(), bounds(settings), at_once)
        [known] = [keeper.refresh(one, time.time()) for one in _shown([feed], as_json)]
        return known


def _try_file(feed: Feed) -> Known:
    try:
        reading = check_list(feed, Path(feed.path).read_bytes(), 0, time.time(), at_once)
    except (OSError, FeedRefused) as error:
        raise Refusal(f"{feed.name}: {error}") from error
    return Known(entries=reading.ranges.count)


def _look(settings: Settings, text: str, *, as_json: bool) -> None:
    address = normal_address(text)
    if address is None:
        raise Refusal(f'"{text}" is not an address.')
    networks = Networks()
    keeper = open_feeds(settings, networks)
    with _working("Reading the lists", quiet=as_json):
        keeper.load(time.time())
    found = networks.look(address)
    if as_json:
        print_json({"address": address, "network": found})
        return
    screen.print(f"{address}: {_in_words(found)}", markup=False)


def _in_words(network: Network) -> str:
    parts = [*network.kinds, *(f"on {name}" for name in network.lists)]
    if network.country:
        parts.append(network.country)
    if network.asn:
        parts.append(f"AS{network.asn} {network.organisation}".strip())
    return ", ".join(parts) or "nothing is known of it"


def _shown(feeds: Sequence[Feed], quiet: bool) -> Iterator[Feed]:
    """One after the other, with a bar; on standard error where standard output is for a machine."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=_console(quiet), transient=True) as bar:
        task = bar.add_task("", total=len(feeds))
        for feed in feeds:
            bar.update(task, description=f"Fetching {feed.name}")
            yield feed
            bar.advance(task)


@contextmanager
def _working(words: str, *, quiet: bool) -> Iterator[None]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console(quiet), transient=True) as bar:
        bar.add_task(words, total=None)
        yield


def _console(quiet: bool) -> Console:
    return Console(stderr=True) if quiet else screen


def _as_value(seen: SeenFeed) -> dict[str, object]:
    feed = seen.feed
    return {
        "name": feed.name,
        "kind": feed.kind,
        "source": feed.shown,
        **_known_value(seen.known),
        "entries": seen.entries,
        "error": seen.fault,
    }


def _known_value(known: Known) -> dict[str, object]:
    return {
        "entries": known.entries,
        "fetched": known.fetched,
        "checked": known.checked,
        "failures": known.failures,
        "error": known.error,
    }

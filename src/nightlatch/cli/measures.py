"""`nightlatch measures` and the orders: block, challenge, limit, slow, exempt, undo, close."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from nightlatch.app.configuration import configure
from nightlatch.cli.desk import Blind, Desk, desk
from nightlatch.cli.output import AsJson, Refusal, error, plain, print_json, screen, table
from nightlatch.cli.preview import print_preview
from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.policy.orders import Order, OrderRefused, whom_of
from nightlatch.respond.measures import (
    ClosedDoor,
    ListedMeasure,
    MeasureState,
    UnknownMeasure,
    where,
)
from nightlatch.respond.preview import Preview

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_UNITS |= {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0, "week": 604_800.0}
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)?\s*([a-z]+?)s?", re.ASCII)

Whom = Annotated[
    str,
    typer.Argument(
        help='An address, a network, "strangers", "everyone", a circle, or a predicate.'
    ),
]
At = Annotated[str, typer.Option("--at", help='Only at this endpoint: "GET /users/{id}".')]
Of = Annotated[str, typer.Option("--service", help="Only in this service; in all otherwise.")]
Whose = Annotated[
    str, typer.Option("--service", help="Whose endpoint, where several services have it.")
]
For = Annotated[str, typer.Option("--for", help="How long: 15m, 2h, 7d. Nothing lasts for ever.")]
Reason = Annotated[str, typer.Option("--reason", help="For whoever reads this in a year.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Order it without asking again.")]
Endpoint = Annotated[str, typer.Argument(help='Method and route template: "GET /users/{id}".')]
MeasureId = Annotated[str, typer.Argument(help="The measure's id, or its end; see the list.")]


def measures(
    over: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what is ordered: what, whom, by whom, until when, and how often it hit."""
    with _desk(looks=False) as one:
        listed, doors = one.listed(), one.closed_doors()
    if not over:
        listed = [entry for entry in listed if entry.state is MeasureState.IN_FORCE]
    if as_json:
        print_json({"measures": listed, "closed_doors": doors})
    else:
        _print(listed, doors)


def block(
    whom: Whom,
    at: At = "",
    service: Of = "",
    lasts: For = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Refuse them with 403, before the application is asked; for a day unless told otherwise."""
    _order(_given(MeasureKind.BLOCK, whom, (at, service), lasts, reason), yes=yes, as_json=as_json)


def challenge(
    whom: Whom,
    at: At = "",
    service: Of = "",
    lasts: For = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Let them solve a puzzle once before they are heard: dear for who asks a million times."""
    _order(
        _given(MeasureKind.CHALLENGE, whom, (at, service), lasts, reason), yes=yes, as_json=as_json
    )


def slow(
    whom: Whom,
    by: Annotated[str, typer.Option("--by", help="How long each answer waits: 2s.")] = "2s",
    at: At = "",
    service: Of = "",
    lasts: For = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Let each of their answers wait before it leaves."""
    given = _given(MeasureKind.SLOW, whom, (at, service), lasts, reason, seconds=read_span(by))
    _order(given, yes=yes, as_json=as_json)


def limit(
    rate: Annotated[
        str, typer.Argument(help='How much in which time: "60/minute", "20 people/hour".')
    ],
    whom: Annotated[str, typer.Option("--whom", help="Only these; everyone otherwise.")] = "",
    each: Annotated[
        str,
        typer.Option(
            "--each",
            help="What is counted by itself: address, network, credential, principal, session,"
            ' headers; "all": everyone together.',
        ),
    ] = "address",
    at: At = "",
    service: Of = "",
    lasts: For = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Allow so many requests, or so many different people's records, within a time."""
    amount, people, seconds = _rate(rate)
    given = _given(
        MeasureKind.LIMIT_PEOPLE if people else MeasureKind.LIMIT_REQUESTS,
        whom,
        (at, service),
        lasts,
        reason,
        amount=amount,
        seconds=seconds,
        each="" if each == "all" else each,
    )
    _order(given, yes=yes, as_json=as_json)


def withhold(
    fields: Annotated[str, typer.Argument(help='Names of fields: "phone,email".')],
    whom: Annotated[str, typer.Option("--whom", help="Only from these; everyone else too.")] = "",
    at: At = "",
    service: Of = "",
    lasts: For = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take fields out of the answers."""
    names = tuple(name for name in fields.replace(",", " ").split() if name)
    given = _given(MeasureKind.WITHHOLD_FIELDS, whom, (at, service), lasts, reason, fields=names)
    _order(given, yes=yes, as_json=as_json)


def uniform(
    at: Endpoint,
    whom: Annotated[str, typer.Option("--whom", help="Only to these.")] = "strangers",
    service: Of = "",
    lasts: For = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Let found and not found look the same, so that nobody learns who is known here."""
    _order(
        _given(MeasureKind.UNIFORM, whom, (at, service), lasts, reason), yes=yes, as_json=as_json
    )


def exempt(
    whom: Whom,
    at: At = "",
    service: Of = "",
    lasts: For = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Trust them: no detector, budget or limit concerns them. For partners and offices."""
    _order(_given(MeasureKind.EXEMPT, whom, (at, service), lasts, reason), yes=yes, as_json=as_json)


def undo(measure_id: MeasureId, as_json: AsJson = False) -> None:
    """Take a measure back."""
    with _desk(looks=False) as one:
        done = one.undo(_found(one, measure_id))
    _say(done, "Undone", as_json=as_json)


def renew(measure_id: MeasureId, lasts: For = "", as_json: AsJson = False) -> None:
    """Let a measure last longer, from now on."""
    with _desk(looks=False) as one:
        done = one.renew(_found(one, measure_id), read_span(lasts) if lasts else 0.0)
    _say(done, "Renewed", as_json=as_json)


def close(
    endpoint: Endpoint,
    service: Whose = "",
    lasts: For = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Close this door: callers must show a credential there, whatever its code forgot."""
    seconds = read_span(lasts) if lasts else 0.0
    at = ServiceEndpoint(service, endpoint)
    with _desk(looks=True) as one:
        _confirm(lambda: one.preview_closing(at), yes=yes, quiet=as_json)
        door = one.close_door(at, reason, seconds)
    of = f" --service {_quoted(service)}" if service else ""
    if as_json:
        print_json(door)
    else:
        screen.print(
            f"Closed. Open it again: nightlatch open {_quoted(endpoint)}{of}", markup=False,
            soft_wrap=True,
        )  # fmt: skip


def open_door(endpoint: Endpoint, service: Whose = "", as_json: AsJson = False) -> None:
    """Open a door that was closed: what was decided before holds again."""
    with _desk(looks=False) as one:
        one.open_door(ServiceEndpoint(service, endpoint))
    if as_json:
        print_json({"endpoint": endpoint, "closed": False})
    else:
        screen.print("Open. What was decided before holds again.")


@contextmanager
def _desk(*, looks: bool) -> Iterator[Desk]:
    """The desk; what it refuses, in words for this command line."""
    try:
        with desk(configure(), looks=looks) as one:
            yield one
    except OrderRefused as refused:
        raise Refusal(str(refused)) from None
    except UnknownMeasure as unknown:
        raise Refusal(
            f"Nothing is in force under {str(unknown)!r}. `nightlatch measures` lists what is."
        ) from None


def _given(
    kind: MeasureKind,
    whom: str,
    place: tuple[str, str],
    lasts: str,
    reason: str,
    *,
    amount: int = 0,
    seconds: float = 0.0,
    each: str = "",
    fields: tuple[str, ...] = (),
) -> Order:
    """`place`: at which endpoint, and of which service; each may be empty."""
    ends = read_span(lasts) if lasts else 0.0
    endpoint, service = place
    return Order(kind, whom, endpoint, amount, seconds, each, fields, reason, ends, service)


def _order(order: Order, *, yes: bool, as_json: bool) -> None:
    with _desk(looks=True) as one:
        _confirm(lambda: one.preview(order), yes=yes, quiet=as_json)
        measure = one.order(order)
    _say(measure, "In force", as_json=as_json)


def _confirm(look: Callable[[], Preview], *, yes: bool, quiet: bool) -> None:
    """Show whom it would have hit, and ask."""
    try:
        seen = look()
    except Blind as blind:
        if not yes:
            raise Refusal(f"{blind} To order it without having looked: --yes.") from None
        error(f"It is ordered without having looked: {blind}")
        return
    if not quiet:
        print_preview(seen)
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refusal("Nothing was ordered. Look at the preview, then say it again with --yes.")
    if not typer.confirm("Order it?"):
        raise Refusal("Nothing was ordered.")


def _say(measure: Measure, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(measure)
        return
    screen.print(f"{what}: {measure.id}", markup=False)
    if what != "Undone":
        screen.print(f"Undo it: nightlatch undo {measure.id}", markup=False, soft_wrap=True)


def _found(one: Desk, given: str) -> str:
    """The id that ends so: the last characters are what two ids of one minute differ in."""
    ids = [entry.measure.id for entry in one.listed()]
    fitting = [known for known in ids if known.endswith(given.upper())] if given else []
    if len(fitting) > 1 and given not in fitting:
        raise Refusal(f"{len(fitting)} measures end in {given!r}: give more of the id.")
    return fitting[0] if len(fitting) == 1 else given


def _print(listed: list[ListedMeasure], doors: list[ClosedDoor]) -> None:
    rows = table("What", "Whom", "Where", "By", "Ends", "Hits", "Id", numbers=("Hits",))
    for entry in listed:
        measure = entry.measure
        rows.add_row(
            plain(_what(measure)),
            plain(whom_of(measure) or "everyone"),
            plain(_where(measure)),
            plain(measure.author),
            _ends(entry),
            f"{entry.hits:,}",
            measure.id,
        )
    for door in doors:
        rows.add_row(
            "closed door", "without a credential", plain(where(door.at)), plain(door.author),
            _moment(door.until), "", "",
        )  # fmt: skip
    screen.print(rows if listed or doors else "Nothing is ordered.")


def _where(measure: Measure) -> str:
    if measure.endpoint or not measure.service:
        return where(ServiceEndpoint(measure.service, measure.endpoint or "everywhere"))
    return f"all of {measure.service}"


def _what(measure: Measure) -> str:
    if measure.kind is MeasureKind.SLOW:
        return f"slow {measure.seconds:g} s"
    if measure.fields:
        return f"withhold {', '.join(measure.fields)}"
    if not measure.amount:
        return measure.kind.value
    noun = "people" if measure.kind is MeasureKind.LIMIT_PEOPLE else "requests"
    each = f" each {measure.each}" if measure.each else " together"
    return f"{measure.amount:,} {noun} in {measure.seconds:g} s{each}"


def _ends(entry: ListedMeasure) -> str:
    moment = _moment(entry.measure.expires)
    return moment if entry.state is MeasureState.IN_FORCE else f"{entry.state.value} {moment}"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _rate(text: str) -> tuple[int, bool, float]:
    """ "60/minute", "20 people/hour", "100 requests per 90s": amount, in people?, seconds."""
    matched = re.fullmatch(
        r"(\d{1,8})\s*(people|person|persons|requests?)?\s*(?:/|per|in)\s*(.+)",
        text.strip().lower(),
    )
    if matched is None:
        raise Refusal(f'{text!r} is no limit: write it as "60/minute" or "20 people/hour".')
    return int(matched[1]), (matched[2] or "").startswith("p"), read_span(matched[3])


def read_span(text: str) -> float:
    """ "90s", "15m", "2h", "7 days", "minute"."""
    matched = _SPAN.fullmatch(text.strip().lower())
    unit = _UNITS.get(matched[2]) if matched else None
    if matched is None or unit is None:
        raise Refusal(f"{text!r} is no time: write it as 90s, 15m, 2h or 7d.")
    return float(matched[1] or 1) * unit


def _quoted(endpoint: str) -> str:
    return f'"{endpoint}"'

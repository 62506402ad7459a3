"""`nightlatch replay --from-log`: recorded traffic, judged again as if it had been enforced."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec.structs import replace

from nightlatch.app.rooms import build_rooms
from nightlatch.app.stores import EVENTS, open_events
from nightlatch.cli.output import Refusal, plain, print_json, screen, table
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.record import Record
from nightlatch.settings import Settings
from nightlatch.workbench.replay.log import (
    Detecting,
    Door,
    Retold,
    exported_records,
    retell,
    stored_records,
)
from nightlatch.workbench.replay.rhythm import DAY

_SHOWN = 40
"""Endpoints that the table shows, those with most people first."""


def replay_log(settings: Settings, log: Path, learning_days: float, *, as_json: bool) -> None:
    """Play a data directory's records, or a file of JSON lines. Raises Refusal, StoreFailed."""
    rooms = build_rooms(settings, Hasher(bytes(32)))
    detecting = Detecting(rooms.watch, rooms.behaviours)
    with _records(settings, log) as (records, first):
        told = retell(records, detecting, first + learning_days * DAY if learning_days else 0.0)
    if not told.records:
        raise Refusal(f"There are no records in {log}.")
    if as_json:
        print_json(_as_value(told))
    else:
        _print(told)


@contextmanager
def _records(settings: Settings, log: Path) -> Iterator[tuple[Iterable[Record], float]]:
    """The records, oldest first, and the moment of the first one."""
    if log.is_dir():
        if not (log / EVENTS).exists():
            raise Refusal(f"{log} is no data directory: it has no {EVENTS}.")
        with closing(open_events(replace(settings, data_dir=str(log)))) as events:
            first = events.size().oldest or 0.0
            yield stored_records(events), first
    elif log.is_file():
        with log.open("rb") as lines:
            found = exported_records(lines, str(log))
        yield found, found[0].at if found else 0.0
    else:
        raise Refusal(f"{log} is neither a data directory nor a file of records.")


def _as_value(told: Retold) -> dict[str, object]:
    return {
        "records": told.records,
        "since": told.since,
        "until": told.until,
        "detections": len(told.detections),
        "endpoints": [_door_value(door) for door in _sorted(told)],
    }


def _door_value(door: Door) -> dict[str, object]:
    alert = door.first_alert
    return {
        "endpoint": door.endpoint,
        "requests": door.requests,
        "callers": len(door.callers),
        "disclosed": len(door.disclosed),
        "would_be_disclosed": len(door.would_leave),
        "would_be_refused": door.refused,
        "would_be_challenged": door.challenged,
        "callers_refused": len(door.callers_refused),
        "first_alert": None
        if alert is None
        else {
            "at": alert.at,
            "kind": alert.kind,
            "circle": alert.circle,
            "evidence": alert.evidence,
            "disclosed_before": door.before_alert,
        },
    }


def _print(told: Retold) -> None:
    figures = ("Requests", "People left", "Enforced", "Refused", "Challenged", "Alert at people")
    shown = table("Endpoint", *figures, numbers=figures)
    doors = _sorted(told)
    for door in doors[:_SHOWN]:
        alert = door.first_alert
        shown.add_row(
            plain(door.endpoint),
            f"{door.requests:,}",
            f"{len(door.disclosed):,}",
            f"{len(door.would_leave):,}",
            f"{door.refused:,}",
            f"{door.challenged:,}",
            "·" if alert is None else f"{door.before_alert:,}",
        )
    screen.print(shown)
    if len(doors) > _SHOWN:
        screen.print(f"And {len(doors) - _SHOWN:,} more endpoints; --json has them all.")
    left = sum(len(door.disclosed) for door in doors)
    would = sum(len(door.would_leave) for door in doors)
    days = (told.until - told.since) / DAY
    screen.print(
        f"{told.records:,} records of {days:,.1f} days. Records of {left:,} people left, by"
        f" endpoint; in enforce mode it would have been {would:,}."
    )
    for door in doors:
        alert = door.first_alert
        if alert is not None:
            screen.print(f"  {alert.kind} at {door.endpoint}: {alert.evidence}", markup=False)


def _sorted(told: Retold) -> list[Door]:
    return sorted(
        told.doors.values(), key=lambda door: (-len(door.disclosed), -door.requests, door.endpoint)
    )

"""What replays came to, for people: a table and a few sentences."""

from collections.abc import Sequence
from statistics import median

from rich.box import SIMPLE_HEAD
from rich.table import Table

from nightlatch.workbench.replay.result import Outcome, Row

_COLUMNS = (
    ("Breach", "left"), ("From\naddresses", "right"), ("People\nunprotected", "right"),
    ("People\ndisclosed", "right"), ("First alert\nat people", "right"),
    ("CPU s per\nperson", "right"), ("Honest people\nchallenged", "right"), ("\nrefused", "right"),
)  # fmt: skip


def result_table(rows: Sequence[Row]) -> Table:
    """One line for each run, in 80 columns; several attackers have a line each."""
    shown = Table(title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for name, side in _COLUMNS:
        shown.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    several = any(len(row.outcomes) > 1 for row in rows)
    for number, row in enumerate(rows):
        first = number == 0 or rows[number - 1].id != row.id
        last = number + 1 == len(rows) or rows[number + 1].id != row.id
        if not row.seen:
            shown.add_row(row.id, *["[dim]·[/]"] * 6, "[dim]not seen[/]", end_section=True)
            continue
        for nth, outcome in enumerate(row.outcomes):
            name = row.id if first and nth == 0 else f"  {outcome.attacker}" if several else ""
            shown.add_row(
                name, *_cells(row, outcome), end_section=last and nth + 1 == len(row.outcomes)
            )
    return shown


def _cells(row: Row, one: Outcome) -> tuple[str, ...]:
    colour = "green" if one.disclosed <= 200 else "yellow" if one.disclosed <= 2_000 else "red"
    alert = one.disclosed_before_alert
    paid = one.cpu_seconds_per_record
    refused = f"{one.people_refused:,}"
    return (
        f"{row.addresses:,}",
        f"{one.disclosed_unprotected:,}",
        f"[{colour}]{one.disclosed:,}[/]",
        "[red]none[/]" if alert is None else f"{alert:,}",
        "·" if paid is None else f"{paid:.2f}",
        f"{one.people_challenged:,}",
        f"[red]{refused}[/]" if one.people_refused else refused,
    )


def summary(rows: Sequence[Row]) -> str:
    """The figures of all runs together, in sentences."""
    seen = [row for row in rows if row.seen]
    if not seen:
        return "None of these breaches shows in traffic."
    left = [row.main.disclosed for row in seen]
    worst = max(seen, key=lambda row: row.main.disclosed)
    early = sum(
        alert is not None and alert <= 100
        for alert in (row.main.disclosed_before_alert for row in seen)
    )
    people = sum(row.main.people for row in seen)
    refused = sum(row.main.people_refused for row in seen)
    challenged = sum(row.main.people_challenged for row in seen)
    shared = sum(row.main.shared_refused for row in seen)
    alarms = sum(row.main.false_alarms for row in seen)
    return (
        f"{_number(len(seen), 'run')}: {median(left):,.0f} people disclosed in the median,"
        f" {worst.main.disclosed:,} at worst ({worst.id} from {worst.addresses:,});"
        f" first alert within 100 people in {early} of {len(seen)}.\n"
        f"Honest people: {refused:,} of {people:,} refused ({shared:,} of them at a shared"
        f" address), {challenged / max(1, people):.1%} challenged;"
        f" {_number(alarms, 'false alarm')}."
    )


def unseen(rows: Sequence[Row]) -> list[str]:
    """What cannot be seen in traffic, and why."""
    return [f"{row.id} is not seen and not counted: {row.reason}" for row in rows if not row.seen]


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"

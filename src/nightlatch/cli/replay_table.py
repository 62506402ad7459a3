"""What replays came to, for people: a table and a few sentences."""

from collections.abc import Sequence
from statistics import median

from rich.markup import escape
from rich.table import Table

from nightlatch.workbench.replay.result import Outcome, Row

_COLUMNS = (
    "From", "Without", "With", "Before\nalert", "CPU s\neach", "Honest\nchallenged", "\nrefused",
)  # fmt: skip


def result_table(rows: Sequence[Row]) -> Table:
    """One line for each run, in 80 columns; several attackers have a line each."""
    several = any(len(row.outcomes) > 1 for row in rows)
    shown = Table(
        title="People whose records left, without and with Nightlatch",
        caption="From: addresses. CPU: what each person cost the attacker in challenges.",
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1 if several else 2, 0, 0),
        header_style="bold",
    )
    for name in ("Breach", "Attacker") if several else ("Breach",):
        shown.add_column(name, no_wrap=True)
    for name in _COLUMNS:
        shown.add_column(name, justify="right", no_wrap=True)
    for nth, row in enumerate(rows):
        following = rows[nth + 1] if nth + 1 < len(rows) else None
        _add(shown, row, first=nth == 0 or rows[nth - 1].id != row.id, several=several)
        if following is None or following.id != row.id:
            shown.add_row()
    return shown


def _add(shown: Table, row: Row, *, first: bool, several: bool) -> None:
    if not row.seen:
        shown.add_row(escape(row.id), *[""] * several, "[dim]·[/]", "[dim]not seen[/]")
        return
    for nth, outcome in enumerate(row.outcomes):
        name = escape(row.id) if first and nth == 0 else ""
        shown.add_row(name, *[outcome.attacker] * several, *_cells(row, outcome))


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
    waiting = sum(row.main.people_waiting for row in seen)
    alarms = sum(row.main.false_alarms for row in seen)
    return (
        f"{_number(len(seen), 'run')}: {median(left):,.0f} people disclosed in the median,"
        f" {worst.main.disclosed:,} at worst ({worst.id} from {worst.addresses:,});"
        f" first alert within 100 people in {early} of {len(seen)}.\n"
        f"Honest people: {refused:,} of {people:,} refused, {shared:,} of them at a shared address"
        f" and {waiting:,} by the hard budgets of those who pay, which are yours to set;"
        f" {challenged / max(1, people):.1%} challenged;"
        f" {_number(alarms, 'false alarm')}."
    )


def unseen(rows: Sequence[Row]) -> list[str]:
    """What cannot be seen in traffic, and why."""
    return [f"{row.id} is not seen and not counted: {row.reason}" for row in rows if not row.seen]


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"

"""The figures as tables for people."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.detection.run import Result
from benchmarks.detection.score import Case, Tally

MOST_CHECKS = 3


def show(console: Console, result: Result, missed: int, blocked: int) -> None:
    """Everything that was measured; of the cases judged wrongly at most as many as asked for."""
    score = result.score
    console.print(_sets(score.sets))
    console.print(_kinds(score.kinds))
    _cases(console, "Missed", score.missed, missed)
    _cases(console, "Wrongly blocked", score.blocked, blocked)
    console.print(_costs(result))


def _sets(sets: Mapping[str, Tally]) -> Table:
    table = _table("Sets", "set", "attacks", "legit", "TP %", "TN %", "missed", "blocked")
    for name, tally in sets.items():
        table.add_row(
            Text(name),
            f"{tally.attacks:,}",
            f"{tally.legit:,}",
            _percent(tally.tp),
            _percent(tally.tn),
            f"{tally.attacks - tally.found:,}",
            f"{tally.legit - tally.passed:,}",
        )
    return table


def _kinds(kinds: Mapping[tuple[str, str], Tally]) -> Table:
    table = _table("Classes", "set", "class", "attacks", "TP %", "legit", "TN %", "checks")
    table.columns[-1].justify = "left"
    for (name, kind), tally in sorted(kinds.items()):
        table.add_row(
            Text(name),
            Text(kind),
            f"{tally.attacks:,}",
            _percent(tally.tp),
            f"{tally.legit:,}",
            _percent(tally.tn),
            _checks(tally),
        )
    return table


def _checks(tally: Tally) -> Text:
    most = [f"{check} {count:,}" for check, count in tally.fired.most_common(MOST_CHECKS)]
    rest = len(tally.fired) - len(most)
    return Text(", ".join(most) + (f" and {rest} more" if rest else ""))


def _cases(console: Console, title: str, cases: Sequence[Case], most: int) -> None:
    if not cases:
        return
    console.print(Text(f"\n{title}: {len(cases):,}", style="bold"))
    for case in cases[:most]:
        console.print(Text(f"  {case.set} {case.kind} {case.id}", style="cyan"))
        console.print(Text(f"    {case.method} {case.target}"))
        if case.body:
            console.print(Text(f"    {case.body}"))
        for check, evidence in zip(case.checks, case.evidence, strict=True):
            console.print(Text(f"    {check}: {evidence}", style="yellow"))
    if len(cases) > most:
        console.print(f"  … and {len(cases) - most:,} more; --cases FILE writes them all")


def _costs(result: Result) -> Table:
    table = _table("CPU, µs", "request", "bare parse", "engine")
    for name, cost in result.costs.items():
        table.add_row(name, f"{cost.parse:,.0f}", f"{cost.engine:,.0f}")
    table.caption = (
        f"built in {result.build_s:.1f} s, opened from cache in {result.start_ms:.0f} ms"
    )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        words = column in ("set", "class", "request", "checks")
        table.add_column(column, justify="left" if words else "right", overflow="fold")
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2f}"

"""`nightlatch replay --peace DAYS`: honest weeks, in which nobody should be called an attacker."""

from collections.abc import Sequence
from functools import partial

from msgspec import to_builtins
from rich.markup import escape

from nightlatch.cli.output import print_json, screen, table
from nightlatch.cli.replay_rooms import make
from nightlatch.exchange.judgement import Detection
from nightlatch.settings import Settings
from nightlatch.workbench.replay.cast import in_processes
from nightlatch.workbench.replay.folk import Folk
from nightlatch.workbench.replay.peace import EXAMPLES, OBSERVED, Quiet, keep_peace
from nightlatch.workbench.replay.scenario import Scenario


def replay_peace(
    settings: Settings,
    scenarios: Sequence[Scenario],
    days: float,
    seed: int,
    folk: Folk,
    processes: int,
    *,
    named: bool,
    as_json: bool,
) -> None:
    """Honest traffic at the APIs of these rows; unless they were `named`, at one of each habit."""
    chosen = [one for one in scenarios if one.seen and (named or one.id in EXAMPLES)]
    chosen = chosen or [one for one in scenarios if one.seen]
    play = partial(keep_peace, make=partial(make, settings), days=days, seed=seed, folk=folk)
    if processes == 1 or len(chosen) == 1:
        quiet = [play(scenario) for scenario in chosen]
    else:
        quiet = list(in_processes(play, chosen, processes))
        quiet.sort(key=lambda one: [scenario.id for scenario in chosen].index(one.id))
    if as_json:
        print_json({"days": days, "apis": [_as_value(one) for one in quiet]})
    else:
        _print(quiet, days)


def _as_value(one: Quiet) -> dict[str, object]:
    value: dict[str, object] = to_builtins(one)
    value["false_alarms"] = len(one.false_alarms)
    value["alarms"] = [
        {"kind": alarm.kind, "endpoint": alarm.endpoint, "circle": alarm.circle,
         "evidence": alarm.evidence, "at": alarm.at}
        for alarm in one.false_alarms
    ]  # fmt: skip
    return value


def _print(quiet: Sequence[Quiet], days: float) -> None:
    figures = ("Requests", "People", "Challenged", "Refused", "False alarms", "At Low")
    shown = table("Honest people of", *figures, numbers=figures)
    for one in quiet:
        shown.add_row(
            escape(one.id),
            f"{one.requests:,}",
            f"{one.people:,}",
            f"{one.people_challenged:,}",
            f"{one.people_refused:,}",
            f"[red]{len(one.false_alarms):,}[/]" if one.false_alarms else "[green]0[/]",
            f"{one.remarks:,}",
        )
    screen.print(shown)
    people = sum(one.people for one in quiet)
    challenged = sum(one.people_challenged for one in quiet)
    screen.print(
        f"{days:g} days without an attack, the first {min(OBSERVED, days / 2):g} observed and the"
        f" others enforced: {sum(len(one.false_alarms) for one in quiet):,} false alarms,"
        f" {challenged / max(1, people):.3%} of {people:,} people challenged,"
        f" {sum(one.people_refused for one in quiet):,} refused."
    )
    for words in _told(quiet):
        screen.print(words, markup=False)


def _told(quiet: Sequence[Quiet]) -> list[str]:
    """Each kind of false alarm at each endpoint once, with one of them as an example."""
    kinds: dict[tuple[str, str], list[Detection]] = {}
    for alarm in (alarm for one in quiet for alarm in one.false_alarms):
        kinds.setdefault((alarm.kind, alarm.endpoint), []).append(alarm)
    return [
        f"  {kind} at {endpoint}, {len(alarms):,} times, such as {alarms[0].circle}:"
        f" {alarms[0].evidence}"
        for (kind, endpoint), alarms in kinds.items()
    ]

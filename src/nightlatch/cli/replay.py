"""`nightlatch replay`: documented breaches, played against the real pipeline in virtual time."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace as with_
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nightlatch.app.configuration import configure
from nightlatch.app.stores import cache_dir
from nightlatch.cli.output import AsJson, Refusal, print_json, screen
from nightlatch.cli.patterns import compile_patterns
from nightlatch.cli.progress import progress_bar
from nightlatch.cli.replay_log import replay_log
from nightlatch.cli.replay_peace import replay_peace
from nightlatch.cli.replay_rooms import hash_rate, make
from nightlatch.cli.replay_server import play_over_http
from nightlatch.cli.replay_table import result_table, summary, unseen
from nightlatch.cli.up import end_in_order
from nightlatch.settings import Settings
from nightlatch.workbench.replay.attack import ATTACKERS, DEFAULT_ATTACKER
from nightlatch.workbench.replay.cast import Order, Played, play_all
from nightlatch.workbench.replay.folk import INLAND, TOWNS
from nightlatch.workbench.replay.picture import FORMATS, draw
from nightlatch.workbench.replay.reading import documented_breaches, read_file
from nightlatch.workbench.replay.result import Row, as_value
from nightlatch.workbench.replay.run import LEARNING_DAYS
from nightlatch.workbench.replay.scenario import Scenario

_ATTACKERS = (*ATTACKERS, "all")

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Scenario files; none: the documented breaches that come along."),
]
RowIds = Annotated[
    list[str] | None, typer.Option("--row", metavar="ID", help="Only this row; again for more.")
]
Counts = Annotated[
    list[int] | None,
    typer.Option(
        "--addresses", metavar="N", min=1, max=1_000_000,
        help="Attack from so many addresses; again for more. Else as the row says.",
    ),
]  # fmt: skip
Who = Annotated[
    str,
    typer.Option(
        help="'ignores' challenges, 'solves' them, solves them and 'copies' the real app's"
        " headers, or also 'mimics' what people do first; 'all': each of them."
    ),
]
Tries = Annotated[
    int | None,
    typer.Option(min=1, max=5_000_000, help="Identifiers that are tried in each run."),
]
Learning = Annotated[
    float | None,
    typer.Option(
        min=0, max=60,
        help=f"Days of honest traffic before the attack, observed only ({LEARNING_DAYS:g});"
        " of a log, its first days (0).",
    ),
]  # fmt: skip


def replay(
    files: Files = None,
    rows: RowIds = None,
    addresses: Counts = None,
    attacker: Who = DEFAULT_ATTACKER,
    attempts: Tries = None,
    learning: Learning = None,
    no_learning: Annotated[
        bool, typer.Option("--no-learning", help="Enforce without history, by wide defaults.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the result: .svg, .png or .pdf.")
    ] = None,
    http: Annotated[
        bool, typer.Option("--http", help="Over real HTTP, against a real server: a few thousand"
                           " requests a run, as fast as they go.")
    ] = False,
    peace: Annotated[
        float | None,
        typer.Option(metavar="DAYS", min=0.5, max=366, help="No attack: so many honest days."),
    ] = None,
    from_log: Annotated[
        Path | None,
        typer.Option(
            metavar="LOG",
            help="Replay what was recorded: a data directory, or records as JSON lines.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed: other honest people.")] = 7,
    town: Annotated[
        str,
        typer.Option(help="Where they live: 'inland', or 'harbour', which nothing was tuned to."),
    ] = INLAND.name,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Scenarios played at a time; else one for each core."),
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Replay documented breaches: what would have left, what was refused, who was in the way.

    Each breach is played against this installation's own detection, in virtual time: first honest
    traffic is observed, then the attack is on and the mode is enforce. The attacker solves every
    challenge and sends exactly what the real app sends.

    A scenario is a row of data: `nightlatch replay FILE` plays your own (docs/guides/scenarios.md).
    `--from-log .nightlatch` plays your own traffic instead, and says what enforcing would have
    done. `--peace 30` plays a month without any attack.
    """
    end_in_order()
    workers = processes or os.cpu_count() or 1
    if attacker not in _ATTACKERS:
        raise Refusal(f"--attacker is one of {', '.join(_ATTACKERS)}, not {attacker!r}.")
    if town not in TOWNS:
        raise Refusal(f"--town is one of {', '.join(TOWNS)}, not {town!r}.")
    if picture is not None and picture.suffix not in FORMATS:
        raise Refusal(f"--picture wants a name that ends in {', '.join(FORMATS)}: {picture}")
    settings = configure()
    if from_log is not None:
        replay_log(settings, from_log, learning or 0.0, as_json=as_json)
        return
    # Before the other processes start: each would compile them.
    compile_patterns(cache_dir(settings), quiet=as_json)
    scenarios = _chosen(files or [], rows or [], addresses or [], attempts)
    if peace is not None:
        folk = TOWNS[town]
        replay_peace(
            settings, scenarios, peace, seed, folk, workers, named=bool(rows), as_json=as_json
        )
        return
    # A server cannot be made to live through days.
    days = 0.0 if no_learning or http else LEARNING_DAYS if learning is None else learning
    order = Order(
        attackers=_in_turn(attacker),
        learning_days=days,
        hash_rate=hash_rate(),
        seed=seed,
        folk=TOWNS[town],
        processes=workers,
    )
    played = (
        play_over_http(scenarios, order, quiet=as_json)
        if http
        else _play(settings, scenarios, order, quiet=as_json)
    )
    _show(scenarios, played, order, picture, as_json=as_json)


def _chosen(
    files: list[Path], ids: list[str], addresses: list[int], attempts: int | None
) -> list[Scenario]:
    scenarios = [one for file in files for one in read_file(file)] or documented_breaches()
    known = [one.id for one in scenarios]
    if twice := [name for name in dict.fromkeys(known) if known.count(name) > 1]:
        raise Refusal(f"Two of these files have a row {twice[0]!r}; give one of them another id.")
    for name in ids:
        if name not in known:
            raise Refusal(f"There is no row {name!r}; the rows are {', '.join(known)}.")
    if ids:
        scenarios = [one for one in scenarios if one.id in ids]
    if addresses:
        scenarios = [with_(one, addresses=tuple(sorted(set(addresses)))) for one in scenarios]
    if attempts:
        scenarios = [with_(one, attempts=attempts) for one in scenarios]
    return scenarios


def _in_turn(attacker: str) -> tuple[str, ...]:
    """The default attacker first: the rows are his."""
    if attacker != "all":
        return (attacker,)
    return (DEFAULT_ATTACKER, *(name for name in ATTACKERS if name != DEFAULT_ATTACKER))


def _play(
    settings: Settings, scenarios: Sequence[Scenario], order: Order, *, quiet: bool
) -> list[Played]:
    """In the order of the scenarios, whichever is done first."""
    done: dict[str, Played] = {}
    with progress(len(scenarios), quiet=quiet) as advance:
        for played in play_all(scenarios, partial(make, settings), order):
            done[played.rows[0].id] = played
            advance(played.rows[0].id)
    return [done[scenario.id] for scenario in scenarios]


@contextmanager
def progress(steps: int, *, quiet: bool) -> Iterator["Advance"]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with progress_bar(*columns, TimeElapsedColumn(), quiet=quiet) as bar:
        yield Advance(bar, steps)


class Advance:
    """Tells the bar that one more is done."""

    def __init__(self, bar: Progress, steps: int) -> None:
        self._bar = bar
        self._task = bar.add_task("Replaying", total=steps)

    def __call__(self, name: str) -> None:
        self._bar.update(self._task, advance=1, description=f"Replayed {escape(name)}")


def _show(
    scenarios: Sequence[Scenario],
    played: Sequence[Played],
    order: Order,
    picture: Path | None,
    *,
    as_json: bool,
) -> None:
    rows: list[Row] = [row for one in played for row in one.rows]
    if picture is not None:
        draw(rows, picture)
    if as_json:
        learned = {one.rows[0].id: one.learned for one in played}
        print_json(
            {
                "learning_days": order.learning_days,
                "learned_requests": learned,
                "rows": [as_value(row) for row in rows],
            }
        )
        return
    screen.print(result_table(rows))
    screen.print(summary(rows), markup=False)
    screen.print(_learning(played, order))
    for words in unseen(rows):
        screen.print(words, markup=False)
    for scenario in scenarios:
        if scenario.assumed and scenario.seen:
            screen.print(f"Assumed for {scenario.id}: {', '.join(scenario.assumed)}.", markup=False)
    if picture is not None:
        screen.print(f"The picture is in {picture}.")


def _learning(played: Sequence[Played], order: Order) -> str:
    learned = max((one.learned for one in played), default=0)
    if not learned:
        return "Nothing was learned first: every endpoint was enforced by its wide defaults."
    if not order.learning_days:
        return (
            f"Before each attack, {learned:,} honest requests were sent; the mode was enforce from"
            f" the beginning. The attacker: {order.attackers[0]}."
        )
    return (
        f"Before each attack, {learned:,} honest requests at most were observed"
        f" ({order.learning_days:g} days); then the mode was enforce."
        f" The attacker: {order.attackers[0]}."
    )

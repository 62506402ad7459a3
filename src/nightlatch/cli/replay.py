"""`nightlatch replay`: documented breaches, played against the real pipeline in virtual time."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace as with_

from nightlatch.cli.output import AsJson, Refusal, print_json, screen, table
from nightlatch.cli.replay_rooms import hash_rate, make
from nightlatch.settings import Settings
from nightlatch.workbench.replay.attack import ATTACKERS, DEFAULT_ATTACKER
from nightlatch.workbench.replay.cast import Order, play_all
from nightlatch.workbench.replay.reading import documented_breaches, read_file
from nightlatch.workbench.replay.result import Row, as_value
from nightlatch.workbench.replay.run import LEARNING_DAYS
from nightlatch.workbench.replay.scenario import Scenario


def replay(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Scenario files; none: the documented breaches.")
    ] = None,
    row: Annotated[
        list[str] | None, typer.Option(help="Only the rows with this id (again for more).")
    ] = None,
    addresses: Annotated[
        list[int] | None, typer.Option(help="From so many addresses (again for more).")
    ] = None,
    attacker: Annotated[
        str, typer.Option(help=f"{', '.join(ATTACKERS)}, or all.")
    ] = DEFAULT_ATTACKER,
    days: Annotated[
        float, typer.Option(help="Days of honest traffic to learn from.")
    ] = LEARNING_DAYS,
    processes: Annotated[int, typer.Option(help="How many at a time.")] = os.cpu_count() or 1,
    as_json: AsJson = False,
) -> None:
    """Replay documented breaches in virtual time: what would have left, what was refused."""
    scenarios = _chosen(files or [], row or [], addresses or [])
    first = DEFAULT_ATTACKER if attacker == "all" else attacker
    names = (first, *(name for name in ATTACKERS if attacker == "all" and name != first))
    order = Order(attackers=names, learning_days=days, hash_rate=hash_rate(), processes=processes)
    settings = Settings(data_dir="/nonexistent")
    rows: list[Row] = []
    shown = table(
        "Breach",
        "Addresses",
        "Tried",
        "Unprotected",
        "Disclosed",
        "Before alert",
        "Alert at",
        "Kind",
        "Refused",
        "People",
        "Challenged",
    )
    for played in play_all(scenarios, partial(make, settings), order):
        rows += played.rows
        if not as_json:
            for one in played.rows:
                screen.print(
                    one.id,
                    one.addresses,
                    *(
                        [
                            f"{o.attacker}: tried {o.attempts} unprotected {o.disclosed_unprotected} disclosed {o.disclosed} alert {o.disclosed_before_alert}/{o.first_alert_attempts} {o.first_alert_kind} refused {o.people_refused} of {o.people} challenged {o.people_challenged} shared {o.shared_refused} false {o.false_alarms} cpu {o.cpu_seconds_per_record}"
                            for o in one.outcomes
                        ]
                    ),
                )
    if as_json:
        print_json({"rows": [as_value(one) for one in rows]})


def _chosen(files: list[Path], ids: list[str], addresses: list[int]) -> list[Scenario]:
    scenarios = [one for file in files for one in read_file(file)] or documented_breaches()
    known = {one.id for one in scenarios}
    for name in ids:
        if name not in known:
            raise Refusal(f"There is no row {name!r}; the rows are {', '.join(sorted(known))}.")
    if ids:
        scenarios = [one for one in scenarios if one.id in ids]
    if addresses:
        scenarios = [with_(one, addresses=tuple(sorted(set(addresses)))) for one in scenarios]
    return scenarios

"""Documented breaches against the detection, in virtual time: what leaves, and who is in the way.

The rows and their figures are those of `nightlatch replay`, from two numbers of addresses each, so
that a benchmark takes a minute or two.
"""

import json
import os
import sys
from functools import partial
from statistics import median

from msgspec.structs import replace

from nightlatch.cli.replay_rooms import hash_rate, make
from nightlatch.cli.replay_table import summary
from nightlatch.settings import Settings
from nightlatch.workbench.replay.attack import DEFAULT_ATTACKER
from nightlatch.workbench.replay.cast import Order, play_all
from nightlatch.workbench.replay.reading import documented_breaches
from nightlatch.workbench.replay.result import as_value

ADDRESSES = (50, 2_000)


def run() -> dict[str, object]:
    """Every breach that shows in traffic, with default settings."""
    scenarios = [replace(one, addresses=ADDRESSES) for one in documented_breaches() if one.seen]
    order = Order(
        attackers=(DEFAULT_ATTACKER,), hash_rate=hash_rate(), processes=os.cpu_count() or 1
    )
    rows = []
    for played in play_all(scenarios, partial(make, Settings()), order):
        for row in played.rows:
            one = row.main
            sys.stderr.write(
                f"  {row.id:15} from {row.addresses:6,}: {one.disclosed:6,} of"
                f" {one.disclosed_unprotected:6,} people disclosed, {one.people_refused:,} of"
                f" {one.people:,} honest ones refused\n"
            )
            rows.append(row)
    outcomes = [row.main for row in rows]
    people = sum(one.people for one in outcomes)
    sys.stderr.write(f"{summary(rows)}\n")
    return {
        "runs": len(rows),
        "people disclosed, median": median(one.disclosed for one in outcomes),
        "people disclosed, worst": max(one.disclosed for one in outcomes),
        "honest people refused": sum(one.people_refused for one in outcomes) / people,
        "of them by a hard budget": sum(one.people_waiting for one in outcomes) / people,
        "honest people challenged": sum(one.people_challenged for one in outcomes) / people,
        "false alarms": sum(one.false_alarms for one in outcomes),
        "rows": [as_value(row) for row in rows],
    }


def main() -> None:
    sys.stdout.write(json.dumps(run()) + "\n")


if __name__ == "__main__":
    main()

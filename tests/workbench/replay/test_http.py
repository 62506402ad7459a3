"""A breach over real HTTP."""

import pytest
from msgspec.structs import replace
from tests.workbench.replay.rooms import row

from nightlatch.cli.replay_server import play_over_http
from nightlatch.workbench.replay.cast import Order

ORDER = Order(attackers=("copies",))


@pytest.mark.slow
def test_a_guesser_is_stopped_over_http() -> None:
    scenario = replace(row("authy-2024"), addresses=(50,), attempts=1_200)
    (played,) = play_over_http([scenario], ORDER, quiet=True)
    outcome = played.rows[0].main

    assert outcome.attempts == 1_200
    assert outcome.disclosed_unprotected > 120
    assert outcome.disclosed < outcome.disclosed_unprotected
    assert outcome.refused > 0
    assert outcome.legit_requests > 20
    assert outcome.disclosed_before_alert is not None


def test_what_is_not_seen_needs_no_server() -> None:
    (played,) = play_over_http([row("coinbase-2022")], ORDER, quiet=True)

    assert not played.rows[0].seen

"""`nightlatch demo`, whole but small: nine runs of the breach, and what they have to come to."""

import json
from pathlib import Path

import pytest
from tests.servers import nightlatch

from nightlatch.workbench.demo.cast import make_cast

KEYS = [
    "mode", "addresses", "attempts", "disclosed", "legit_requests", "legit_refused",
    "people_refused", "first_alert_after",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_breach_is_seen_and_stopped(tmp_path: Path) -> None:
    done = nightlatch(tmp_path, "demo", "--attempts", "1000", "--exit", "--json")
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert set(last) == {"runs"}
    runs = {(run["mode"], run["addresses"]): run for run in last["runs"]}
    counts = (1, 100, 10_000)
    assert list(runs) == [(mode, n) for mode in ("off", "observe", "enforce") for n in counts]
    assert all(list(run) == KEYS for run in runs.values())
    assert all(run["attempts"] == 1_000 for run in runs.values())

    for count in counts:
        for mode in ("off", "observe"):
            run = runs[mode, count]
            assert run["disclosed"] == 150
            assert (run["legit_refused"], run["people_refused"]) == (0, 0)
        assert runs["off", count]["first_alert_after"] is None

    assert runs["enforce", 1]["disclosed"] <= 100
    assert runs["enforce", 10_000]["disclosed"] <= 1_000
    for count in (1, 100):
        assert runs["enforce", count]["people_refused"] == 0
        assert runs["enforce", count]["legit_refused"] == 0
    many = runs["enforce", 10_000]
    assert many["people_refused"] <= 0.02 * (len(make_cast(1_000).people) + 1)
    for mode in ("observe", "enforce"):
        assert 0 < runs[mode, 1]["first_alert_after"] <= 200
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


@pytest.mark.slow
def test_too_few_attempts_are_refused(tmp_path: Path) -> None:
    done = nightlatch(tmp_path, "demo", "--attempts", "10")
    assert done.returncode == 2
    assert "1000" in done.stderr

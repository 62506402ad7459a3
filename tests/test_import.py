"""What an application imports with its middleware, in an interpreter of its own."""

import os
import subprocess
import sys

import pytest

HEAVY = [
    "alembic",
    "altcha",
    "duckdb",
    "email",
    "fastapi",
    "hiredis",
    "http.client",
    "hyperscan",
    "phonenumbers",
    "rich",
    "sqlalchemy",
    "ssl",
    "starlette",
    "stdnum",
    "typer",
    "uvicorn",
    "zstandard",
]


@pytest.fixture(scope="module")
def imported() -> frozenset[str]:
    code = "import sys; from nightlatch import Nightlatch; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(done.stdout.split())


def test_the_middleware_is_imported_and_the_house_is_not(imported: frozenset[str]) -> None:
    assert "nightlatch.app.middleware" in imported
    assert not {"nightlatch.pipeline", "nightlatch.checks", "nightlatch.capture.gate"} & imported


@pytest.mark.parametrize("name", HEAVY)
def test_what_is_not_needed_at_first_comes_later(name: str, imported: frozenset[str]) -> None:
    assert name not in imported

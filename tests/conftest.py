"""Shared by every test: faults of ours are raised, never swallowed, and each test has its own."""

import os

import pytest

from nightlatch.faults import FAULTS

os.environ["NIGHTLATCH_RAISE"] = "1"


def pytest_configure(config: pytest.Config) -> None:
    """What Nightlatch caches (the compiled patterns) lies beside what pytest caches: made once for
    every process of every run, and nothing in the user's own directory is touched."""
    if cache := getattr(config, "cache", None):
        os.environ["XDG_CACHE_HOME"] = str(cache.mkdir("xdg"))


@pytest.fixture(autouse=True)
def _no_faults_of_others() -> None:
    FAULTS.forget()

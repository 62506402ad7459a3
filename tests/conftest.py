"""Shared by every test: faults of ours are raised, never swallowed, and each test has its own."""

import os

import pytest

from nightlatch.faults import FAULTS

os.environ["NIGHTLATCH_RAISE"] = "1"


@pytest.fixture(autouse=True)
def _no_faults_of_others() -> None:
    FAULTS.forget()

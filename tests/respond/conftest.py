"""Faults are counted per process: each test starts from none."""

import pytest

from nightlatch.faults import FAULTS


@pytest.fixture(autouse=True)
def _no_faults() -> None:
    FAULTS._counts.clear()

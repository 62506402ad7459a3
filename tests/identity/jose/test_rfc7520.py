"""The JOSE cookbook: every example whose key and result it gives (RFC 7520, sections 4 and 5)."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from joserfc.errors import SecurityWarning

from nightlatch.identity.jose import verify

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("rfc7520.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['section']} {case['form']}")
def test_the_cookbook(case: dict[str, Any]) -> None:
    token = case["token"]
    with warnings.catch_warnings():
        # Its example 5.1 is of an algorithm that nobody should use any more.
        warnings.simplefilter("ignore", SecurityWarning)
        for spelt in (token, json.dumps(token)) if isinstance(token, dict) else (token,):
            found = verify(spelt, case["keys"])
            assert found.valid, found.reason
            assert found.payload == case["payload"].encode()


def test_all_of_them_ran() -> None:
    assert len(CASES) == 50
    assert {case["section"] for case in CASES} == {
        *(f"4.{number}" for number in (1, 2, 3, 4, 6, 7, 8)),
        *(f"5.{number}" for number in range(1, 13)),
    }

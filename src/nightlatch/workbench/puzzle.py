"""What a client does with a challenge: find the number, and send it back."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

_SENT_BACK = ("algorithm", "challenge", "salt", "signature")


def solution(puzzle: Mapping[str, Any]) -> tuple[str, int]:
    """The text of the `Nightlatch-Solution` header, and the number that was found."""
    # The names of the two wire forms in use differ in one letter's case.
    given = {key.lower(): value for key, value in puzzle.items()}
    number = _solve(str(given["salt"]), str(given["challenge"]), int(given["maxnumber"]))
    solved = {**{key: given[key] for key in _SENT_BACK}, "number": number}
    return base64.b64encode(json.dumps(solved).encode()).decode(), number


def _solve(salt: str, challenge: str, most: int) -> int:
    """The number whose hash with the salt is the challenge (ALTCHA); -1 if there is none."""
    salted, wanted = hashlib.sha256(salt.encode()), bytes.fromhex(challenge)
    for number in range(most + 1):
        tried = salted.copy()
        tried.update(b"%d" % number)
        if tried.digest() == wanted:
            return number
    return -1

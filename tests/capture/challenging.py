"""A gate, callers that meet it, and a pipeline that challenges whoever has no pass."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from tests.capture.recording import Recording

from nightlatch.capture.gate import Gate
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Action, Decision, Mode
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.passes import Passes
from nightlatch.identity.puzzles import Puzzles
from nightlatch.identity.waiting import WaitingRoom

HASHER = Hasher(b"k" * 32)
PRICE = 200


@dataclass
class Door:
    """An `Inline` that challenges every request without a pass, and its gate."""

    inline: Recording
    passes: Passes
    ahead: float = 0.0
    """Seconds that its clock is ahead of the machine's."""

    def clock(self) -> float:
        return time.time() + self.ahead


def challenging(*, wait: int = 30, per_hour: int = 3_600, price: int = PRICE) -> Door:
    passes = Passes(HASHER)
    gate = Gate(
        passes,
        Puzzles(HASHER),
        WaitingRoom(HASHER, wait, per_hour),
        TrustedProxies(("127.0.0.1",)),
    )
    decision = Decision(Action.CHALLENGE, Mode.ENFORCE, "test", "because", 403, price=price)

    def judge(request: Request) -> Decision:
        return ALLOW_ENFORCE if passes.circle(request, door.clock()) else decision

    door = Door(Recording(at_request=judge, gate=gate), passes)
    return door


def solve(challenge: dict[str, Any]) -> str:
    """As a client does it; what goes into `Nightlatch-Solution`."""
    number = next(
        number
        for number in range(challenge["maxnumber"] + 1)
        if hashlib.sha256(f"{challenge['salt']}{number}".encode()).hexdigest()
        == challenge["challenge"]
    )
    told = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps({**told, "number": number}).encode()).decode()

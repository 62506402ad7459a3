"""Puzzles: ALTCHA's proof of work (version 1, SHA-256), made by its maintained library.

A puzzle asks for the number n, from 0 to `maxnumber`, for which SHA-256 of `salt` followed by n is
`challenge`. Nothing is stored when one is made, so that whoever ignores them costs us a few
microseconds and no memory. The end and the price stand in the salt, which the signed hash covers:

    5ecb6ce3f1a0c5b4d8e29f01?expires=1800000300&price=50000&

The library ends the salt with "&", so that no digit of the number can be taken for one of the
price's, or the other way round (ALTCHA's security advisory of December 2025); here a salt is
moreover read only in exactly this form.

Prices rise while an attack lasts, so puzzles must not be hoarded while they are cheap: what costs
less than a quarter of the dearest one of the last two minutes is neither made nor accepted.
"""

import base64
import binascii
import heapq
import re
from enum import StrEnum
from hmac import compare_digest
from typing import Annotated, Final, Literal

import msgspec
from altcha.v1 import ChallengeOptions, create_challenge, hmac_hex, verify_solution
from msgspec import Meta, Struct

from nightlatch.exchange.hashing import Hasher

PRICE: Final = 50_000
"""Hashes, on average, where the decision names no price: half a second to two in a browser, which
computes 25,000 to 100,000 a second; a program of its own, on the same machine, some millions."""
DEAREST: Final = 2_000_000
"""The widget gives up after 90 seconds, and a person sooner: dearer turns away people first."""
LIFETIME: Final = 600
"""Seconds that a puzzle can be solved."""
LONGEST_SOLUTION: Final = 1_024
"""Characters of Base64; genuine ones have about 420."""

_ALGORITHM: Final = "SHA-256"
_SALT = re.compile(r"([0-9a-f]{24})\?expires=([1-9][0-9]{0,11})&price=([1-9][0-9]{0,9})&")
_MAX_SPENT = 100_000
_DEAR_FOR = 120.0
_HOARD = 4


class Puzzle(Struct, frozen=True):
    """As ALTCHA's widget and libraries take it."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class Solution(Struct, frozen=True):
    algorithm: Literal["SHA-256"]
    challenge: Annotated[str, Meta(max_length=64)]
    number: Annotated[int, Meta(ge=0, le=2 * DEAREST)]
    salt: Annotated[str, Meta(max_length=100)]
    signature: Annotated[str, Meta(max_length=64)]


class Fault(StrEnum):
    """Why a solution is not accepted, in words for its sender."""

    MALFORMED = "it is not the Base64 of a JSON object with the members asked for"
    FORGED = "its number is not the answer, or the challenge is not one of this service"
    EXPIRED = "it came too late"
    CHEAP = "more is asked for by now"
    SPENT = "it was used before"


class Redeemed(Struct, frozen=True):
    """What became of a solution: the puzzle's name, or the fault."""

    name: str = ""
    fault: Fault | None = None


class Puzzles:
    """Makes puzzles, and takes each solution once.

    Once in this process. What another process of the installation may take again gives the same
    pass (`Passes.grant` by the puzzle's name), so that nothing is gained by it.
    """

    def __init__(self, hasher: Hasher, lifetime: int = LIFETIME) -> None:
        """`lifetime` in seconds."""
        self._key = hasher.key("puzzle")
        self._lifetime = lifetime
        self._spent: set[str] = set()
        self._ends: list[tuple[int, str]] = []
        """A heap of when spent puzzles end, so that they need not be remembered longer."""
        self._dearest = 0
        self._dear_until = 0.0
        self._too_old = 0
        """Puzzles that end up to then are over: what was spent of them is no longer known."""

    def create(self, price: int, now: float) -> Puzzle:
        """A puzzle that takes `price` hashes on average; 0 for what is asked for at present."""
        price = self._asked_for(price, now)
        ends = int(now) + self._lifetime
        made = create_challenge(
            ChallengeOptions(
                algorithm=_ALGORITHM,
                max_number=2 * price,
                hmac_key=self._key,
                params={"expires": str(ends), "price": str(price)},
            )
        )
        return Puzzle(made.algorithm, made.challenge, made.max_number, made.salt, made.signature)

    def redeem(self, text: str, now: float) -> Redeemed:
        """Take a solution as it was sent, the Base64 of its JSON; never raises for what it says."""
        solution = _read(text)
        salt = _SALT.fullmatch(solution.salt) if solution else None
        if solution is None or salt is None:
            return Redeemed(fault=Fault.MALFORMED)
        if not self._genuine(solution):
            return Redeemed(fault=Fault.FORGED)
        name, ends = salt[1], int(salt[2])
        if ends <= max(now, self._too_old):
            return Redeemed(fault=Fault.EXPIRED)
        if int(salt[3]) < self._least(now):
            return Redeemed(fault=Fault.CHEAP)
        return Redeemed(name) if self._spend(name, ends, now) else Redeemed(fault=Fault.SPENT)

    def _asked_for(self, price: int, now: float) -> int:
        current = self._dearest if now < self._dear_until else 0
        if not price:
            return current or PRICE
        price = min(max(price, self._least(now), 1), DEAREST)
        if price >= current:
            self._dearest, self._dear_until = price, now + _DEAR_FOR
        return price

    def _least(self, now: float) -> int:
        return self._dearest // _HOARD if now < self._dear_until else 0

    def _genuine(self, solution: Solution) -> bool:
        # First in constant time, which the library's comparison is not: otherwise a signature could
        # be guessed digit by digit from how long the refusal takes.
        signature = hmac_hex(_ALGORITHM, solution.challenge.encode(), self._key)
        if not compare_digest(signature.encode(), solution.signature.encode()):
            return False
        right, _ = verify_solution(
            {
                "algorithm": solution.algorithm,
                "challenge": solution.challenge,
                "number": solution.number,
                "salt": solution.salt,
                "signature": solution.signature,
            },
            self._key,
            # Its clock is the machine's; ours is an argument.
            check_expires=False,
        )
        return right

    def _spend(self, name: str, ends: int, now: float) -> bool:
        """False when it was spent before. Full, the puzzles that end first are over at once."""
        if name in self._spent:
            return False
        while self._ends and (self._ends[0][0] <= now or len(self._spent) >= _MAX_SPENT):
            self._too_old, gone = heapq.heappop(self._ends)
            self._spent.discard(gone)
        self._spent.add(name)
        heapq.heappush(self._ends, (ends, name))
        return True

    def __repr__(self) -> str:
        return "Puzzles(•••)"


_decode = msgspec.json.Decoder(Solution).decode


def _read(text: str) -> Solution | None:
    if len(text) > LONGEST_SOLUTION:
        return None
    try:
        return _decode(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError, msgspec.DecodeError):
        return None

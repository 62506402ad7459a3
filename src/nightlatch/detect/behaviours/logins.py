"""Log-ins: reads each attempt and its outcome once, for the three detectors that weigh them."""

import msgspec

from nightlatch.detect.behaviour import Reporter, Sighting
from nightlatch.detect.behaviours.attempts import asker, read_attempt
from nightlatch.detect.behaviours.codes import CodeGuessing
from nightlatch.detect.behaviours.failures import FailureMemory
from nightlatch.detect.behaviours.login_door import DAY, LoginDoor, Tries, Try
from nightlatch.detect.behaviours.objects import principal_of
from nightlatch.detect.behaviours.spraying import Spraying
from nightlatch.detect.behaviours.stuffing import Stuffing
from nightlatch.detect.known import ANYWHERE
from nightlatch.detect.table import SegmentedTable
from nightlatch.detect.visit import address_of
from nightlatch.exchange.exchange import Ending

_DOORS = 16
"""Log-ins watched; of those where nobody ever got in the one quiet longest goes first."""


_WRITE = msgspec.msgpack.Encoder()
_READ = msgspec.msgpack.Decoder(dict[str, FailureMemory])


class LogIns:
    def __init__(self, reporter: Reporter) -> None:
        self._known = reporter.suspicions.known
        self._doors: SegmentedTable[str, LoginDoor] = SegmentedTable(_DOORS)
        self._stuffing = Stuffing(reporter)
        self._spraying = Spraying(reporter)
        self._codes = CodeGuessing(reporter)

    def dump(self) -> bytes:
        """How often honest people fail; who is known is `Known`'s to keep."""
        return _WRITE.encode({key: door.failures.dump() for key, door in self._doors.items()})

    def load(self, data: bytes) -> None:
        """Raises what msgspec does for what another version wrote."""
        for endpoint, memory in list(_READ.decode(data).items())[-_DOORS:]:
            self._door(endpoint).failures.load(memory)

    def note(self, sighting: Sighting) -> None:
        attempt = read_attempt(sighting)
        if attempt is None:
            if self._stuffing.attacked and not sighting.stranger:
                self._explain(sighting)
            return
        exchange = sighting.exchange
        endpoint, caller, now = exchange.endpoint.key, exchange.caller, exchange.at
        door = self._door(endpoint)
        circle = asker(caller)
        tries = door.callers.touch(circle) or self._newcomer(door, circle)
        known = self._known.knows(endpoint, caller)
        answer = exchange.response
        if answer is None:
            if exchange.ending is Ending.REFUSED and not known:
                first = tries.first(attempt.account, int(now // DAY))
                self._stuffing.turned_away(door, endpoint, first=first, now=now)
            return
        opened = door.outcomes.read(answer, sighting.response)
        if opened is None:
            return
        first = tries.first(attempt.account, int(now // DAY))
        one = Try(door, endpoint, attempt, caller, circle, tries, opened, known, first, now)
        if not opened:
            tries.guess(attempt.guess)
        self._stuffing.weigh(one)
        if first and not opened:
            self._spraying.weigh(one)
        self._codes.weigh(one)
        if opened:
            self._vouch(one)

    def _explain(self, sighting: Sighting) -> None:
        """An account of its own was accepted elsewhere: somebody who signed up, and not one of
        those who have tried accounts here."""
        exchange = sighting.exchange
        answer, caller = exchange.response, exchange.caller
        if answer is None or not 200 <= answer.status < 300:
            return
        address = address_of(caller)
        if not self._stuffing.has_tried(address):
            self._known.vouch(ANYWHERE, caller, principal_of(caller).encode())

    def _door(self, endpoint: str) -> LoginDoor:
        door = self._doors.touch(endpoint)
        if door is None:
            door = LoginDoor()
            self._doors.add(endpoint, door)
        return door

    def _newcomer(self, door: LoginDoor, circle: str) -> Tries:
        tries = Tries()
        door.callers.add(circle, tries)
        return tries

    def _vouch(self, one: Try) -> None:
        """Whoever gets in is known here, unless that is what an attacker would do now."""
        account = one.attempt.account
        one.tries.open(account)
        one.door.callers.keep(one.circle)
        self._doors.keep(one.endpoint)
        if one.door.campaign is None or one.known:
            self._known.vouch(one.endpoint, one.caller, account)

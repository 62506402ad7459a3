"""Asks every behaviour about every exchange; one that breaks costs no other its turn."""

from collections.abc import Callable, Sequence

from nightlatch.detect.alarms import Alarms
from nightlatch.detect.behaviour import Behaviour, Reporter, Sighting
from nightlatch.detect.behaviours.registry import BEHAVIOURS
from nightlatch.detect.suspicions import Suspicions
from nightlatch.exchange.judgement import Detection
from nightlatch.faults import FAULTS
from nightlatch.policy.budgets import PAID_LOGINS


class Behaviours:
    """Used by one thread."""

    def __init__(
        self,
        suspicions: Suspicions,
        behaviours: Sequence[Callable[[Reporter], Behaviour]] = BEHAVIOURS,
        *,
        paid_logins: int = PAID_LOGINS,
    ) -> None:
        self._alarms = Alarms()
        reporter = Reporter(self._alarms, suspicions, paid_logins)
        self._behaviours = tuple(make(reporter) for make in behaviours)

    def note(self, sighting: Sighting) -> tuple[Detection, ...]:
        """What is detected now that this exchange is known."""
        for behaviour in self._behaviours:
            try:
                behaviour.note(sighting)
            except Exception as error:  # noqa: BLE001  # one broken detector blinds no other
                FAULTS.note(f"detect.{type(behaviour).__name__}", error)
        return self._alarms.take()

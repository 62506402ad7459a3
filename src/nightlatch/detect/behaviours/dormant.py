"""An endpoint that nobody used for long is used again, and answers."""

from collections import OrderedDict

from nightlatch.checks.dormant_endpoint import ASLEEP
from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.asking import asker
from nightlatch.exchange.disclosure import Side
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.facts import EndpointFacts
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

STIRRED = 7 * 86_400.0
"""Seconds for which an endpoint that was called, but refused, is still to be seen as asleep."""
_REMEMBERED = 1_024
_DAY = 86_400.0

HELP = DetectorHelp(
    kind=DetectionKind.DORMANT_ENDPOINT,
    title="A dormant endpoint answers again",
    what=f"""\
Fires on the first success of an endpoint that had no traffic for {ASLEEP / _DAY:.0f} days, or that
was only ever declared (a contract older than that) and never seen, when the caller has no proven
credential or personal data left. Requests in between that were refused do not wake it: for
{STIRRED / _DAY:.0f} days the first success is still told. The check `dormant-endpoint` marks the
request that came first, whatever the answer.""",
    evidence="How long it slept, who woke it, and what kinds of data it gave away.",
    errors="""\
A plain rule without chance: nothing is alarmed that did not sleep. Yearly jobs fire once, at Low
when the caller proved who it is. It is blind for an endpoint that was forgotten by the inventory
(10,000 newer ones) and for the first 30 days of an installation.""",
    refuted_by="A job that is known to run so rarely, or a release that brought the endpoint back.",
    remedy="""\
Find out who called, and whether the endpoint is still needed. If not, remove the route. If it is,
say in a contract that it must authenticate.""",
    owasp="API9:2023",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/",
    ),
)


class Dormant:
    """Remembers the endpoints that stirred: the one that stirred longest ago is forgotten first."""

    def __init__(self, reporter: Reporter) -> None:
        self._alarms = reporter.alarms
        self._stirred: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Endpoint → (when it was called, asleep since)."""

    def note(self, sighting: Sighting) -> None:
        facts = sighting.facts
        exchange = sighting.exchange
        slept = exchange.at - facts.last_seen
        if slept < ASLEEP and not self._stirred:
            return
        key = exchange.endpoint.key
        since = self._asleep_since(key, facts, exchange.at)
        if since is None:
            return
        answer = exchange.response
        if answer is None or exchange.ending is Ending.REFUSED or not 200 <= answer.status < 300:
            self._stir(key, exchange.at, since)
            return
        self._stirred.pop(key, None)
        self._judge(sighting, exchange.at - since, declared=not facts.requests)

    def _asleep_since(self, key: str, facts: EndpointFacts, now: float) -> float | None:
        """None for an endpoint that is awake."""
        stirred = self._stirred.get(key)
        if stirred is not None and now - stirred[0] < STIRRED:
            return stirred[1]
        if facts.requests:
            since = facts.last_seen
        elif facts.contract is not None:
            since = facts.contract.decided_at
        else:
            return None
        return since if since and now - since >= ASLEEP else None

    def _stir(self, key: str, now: float, since: float) -> None:
        self._stirred.setdefault(key, (now, since))
        if len(self._stirred) > _REMEMBERED:
            self._stirred.popitem(last=False)

    def _judge(self, sighting: Sighting, slept: float, *, declared: bool) -> None:
        gave = sorted(
            {
                item.data_class
                for item in sighting.items
                if item.side is Side.RESPONSE
                and (item.data_class.personal or item.data_class.secret)
            }
        )
        personal = bool(gave or sighting.disclosure.disclosed)
        if not sighting.stranger and not personal:
            return
        exchange = sighting.exchange
        key, circle, now = exchange.endpoint.key, asker(sighting), exchange.at
        if not self._alarms.due(DetectionKind.DORMANT_ENDPOINT, key, circle, now):
            return
        people = len(sighting.disclosure.disclosed)
        who = "a stranger" if sighting.stranger else "a caller with a proven credential"
        was = "declared, but never seen" if declared else "asleep"
        what = f"gave away {', '.join(gave)}" if gave else f"answered {_status(sighting)}"
        self._alarms.raise_(
            Detection(
                DetectionKind.DORMANT_ENDPOINT,
                key,
                circle,
                _level(stranger=sighting.stranger, personal=personal),
                now,
                f"Was {was} for {slept / _DAY:.0f} days, then {what} to {who}"
                f" ({people} people in the answer).",
                0.0,
                people,
                len(sighting.disclosure.asked),
                confidence=0.9 if sighting.stranger else 0.5,
                refuted_by=HELP.refuted_by,
            )
        )


def _status(sighting: Sighting) -> int:
    answer = sighting.exchange.response
    return answer.status if answer is not None else 0


def _level(*, stranger: bool, personal: bool) -> Level:
    if not stranger:
        return Level.LOW
    return Level.HIGH if personal else Level.MEDIUM

"""A path made for debugging answers a stranger."""

import re
from enum import Enum

from nightlatch.checks.attacks.probed_files import FILES
from nightlatch.checks.debug_path import DEBUG_PATH
from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.asking import asker
from nightlatch.detect.behaviours.paths import shown
from nightlatch.detect.behaviours.reminders import Reminders
from nightlatch.detect.suspicions import Suspicion
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.exchange import Ending, Response
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

HELD = 3_600.0
"""Seconds for which whoever got secrets is not served there again."""
_SURELY_NO_PAGE = 60
"""Percent of certainty from which a file of that name is nobody's ordinary answer."""
_LEAST_SUBSTANCE = 16
"""Bytes: `{}`, `ok` and `{"status":"UP"}` tell nothing."""
_KNOWN_TEMPLATES = 16_384

_DUMP = re.compile(r"/(?:heap|thread|core)_?dump(?:\.\w{1,8})?/?$|\.hprof$", re.IGNORECASE)
_DESCRIPTIONS = re.compile(
    r"""/(?:swagger(?:-ui)?(?:\.json|\.ya?ml|/.*)? | (?:v[23]/)?api-docs | openapi\.(?:json|ya?ml)
      | graphiql | playground | metrics | prometheus)(?:/|$)""",
    re.VERBOSE | re.IGNORECASE,
)
_START_PAGE = re.compile(
    rb"""id=["']?(?:root|app|__next)\b|<app-root|ng-app|type=["']?module""", re.IGNORECASE
)

HELP = DetectorHelp(
    kind=DetectionKind.DEBUG_PATH,
    title="A path made for debugging answers strangers",
    what="""\
Fires on the first 2xx with substance that a stranger gets from a path of debugging and management
(the list of the check `debug-path`), from a file that was never meant to be served (`.env`,
`heapdump`, keys), and, at Low, from descriptions and metrics. High when secrets or a copy of the
memory left; then that caller is not served there for an hour.""",
    evidence="The path, the size of the answer, and the kinds of secrets in it.",
    errors="""\
A plain rule without chance. Start pages that single-page applications answer for every path, empty
answers, callers with a proven credential, private networks and endpoints that are public by
decision pass. It does not know debugging paths of your own making.""",
    refuted_by="""\
The answer is an ordinary page, or the path is meant to be public: say so in a contract.""",
    remedy="""\
Serve management on another port that only your own network reaches. If a dump or a file of keys may
have been fetched, replace every secret the process held.""",
    owasp="API8:2023",
    references=("https://docs.spring.io/spring-boot/reference/actuator/endpoints.html",),
)


class _Purpose(Enum):
    MEMORY = "a copy of the process' memory"
    MANAGEMENT = "a path of debugging or management"
    FILE = "a file that was never meant to be served"
    DESCRIPTION = "a description of the API or its metrics"


class _Look(Enum):
    """What a template says before the path is looked at."""

    NEVER = 0
    ALWAYS = 1
    LAST_PART = 2
    """A parameter ends it: the name of a file may stand there."""


class DebugPath:
    """Remembers which templates need no look; the table starts afresh when it is full."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._looks: dict[str, _Look] = {}
        self._reminders = Reminders()

    def note(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        answer = exchange.response
        if not sighting.stranger or answer is None or not 200 <= answer.status < 300:
            return
        template = exchange.endpoint.template
        look = self._looks.get(template)
        if look is None:
            look = self._learn(template)
        if look is _Look.NEVER:
            return
        path = exchange.request.path
        if look is _Look.LAST_PART and path.rpartition("/")[2].lower() not in FILES:
            return
        purpose = _made_for(path)
        if purpose is None or exchange.ending is Ending.REFUSED:
            return
        if _has_substance(purpose, answer):
            self._judge(sighting, purpose, answer)

    def _learn(self, template: str) -> _Look:
        if len(self._looks) >= _KNOWN_TEMPLATES:
            self._looks.clear()
        prefix, brace, _ = template.partition("{")
        if _made_for(prefix.rstrip("/")) is not None or (brace and prefix == "/"):
            look = _Look.ALWAYS
        else:
            look = _Look.LAST_PART if template.endswith("}") else _Look.NEVER
        self._looks[template] = look
        return look

    def _judge(self, sighting: Sighting, purpose: _Purpose, answer: Response) -> None:
        exchange, contract = sighting.exchange, sighting.facts.contract
        now, key, circle = exchange.at, exchange.endpoint.key, asker(sighting)
        public = contract is not None and contract.expectation_at(now) is Expectation.PUBLIC
        if public or "private" in sighting.network.kinds:
            return
        secrets = sorted({item.data_class for item in sighting.items if _opens_something(item)})
        level = _level(purpose, secrets)
        told = (
            f"{shown(exchange.request.path)}, {purpose.value}, answered a stranger with"
            f" {answer.status} and {answer.body.size:,} bytes"
            + (f"; among them {', '.join(secrets)}." if secrets else ".")
        )
        if level is Level.HIGH:
            self._reporter.suspicions.enter(circle, Suspicion(told, now + HELD, convicts=True), key)
        if not self._reminders.due(key, circle, now):
            return
        self._reporter.alarms.raise_(
            Detection(
                DetectionKind.DEBUG_PATH,
                key,
                circle,
                level,
                now,
                told,
                0.0,
                len(sighting.disclosure.disclosed),
                1,
                confidence=0.7 if level is Level.LOW else 0.95,
                refuted_by=HELP.refuted_by,
            )
        )


def _made_for(path: str) -> _Purpose | None:
    """None for an ordinary path."""
    if _DUMP.search(path):
        return _Purpose.MEMORY
    if DEBUG_PATH.search(path):
        return _Purpose.MANAGEMENT
    if FILES.get(path.rpartition("/")[2].lower(), 0) >= _SURELY_NO_PAGE:
        return _Purpose.FILE
    return _Purpose.DESCRIPTION if _DESCRIPTIONS.search(path) else None


def _has_substance(purpose: _Purpose, answer: Response) -> bool:
    if answer.body.size < _LEAST_SUBSTANCE:
        return False
    if "html" not in (answer.headers.get(b"content-type") or ""):
        return True
    return purpose is not _Purpose.FILE and not _START_PAGE.search(answer.body.data[:8_192])


def _opens_something(item: DataItem) -> bool:
    opens = item.data_class.secret or item.data_class is DataClass.JWT
    return opens and item.side is Side.RESPONSE


def _level(purpose: _Purpose, secrets: list[DataClass]) -> Level:
    if secrets or purpose is _Purpose.MEMORY:
        return Level.HIGH
    return Level.LOW if purpose is _Purpose.DESCRIPTION else Level.MEDIUM

"""The same through a whole pipeline: real templates, facts, data classes and refusals."""

from tests.conversations import Conversation

from nightlatch.exchange.judgement import Action, DetectionKind, Level
from nightlatch.exchange.record import Record

SCANNER = "203.0.113.9"
_KEYS = {"propertySources": [{"name": "env", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}]}


def _kinds(record: Record) -> dict[DetectionKind, Level]:
    return {detection.kind: detection.level for detection in record.detections}


def test_a_wordlist_is_refused_before_it_reaches_the_memory() -> None:
    talk = Conversation("enforce")
    for number in range(30):
        talk.ask("/products", [{"id": number}], route="/products", address=f"60.1.{number}.1")
    for number in range(12):
        talk.ask(f"/guess/{number}/admin", {"error": "no"}, 404, address=SCANNER)
    told = [detection for record in talk.records for detection in record.detections]
    assert {detection.kind for detection in told} == {DetectionKind.FORCED_BROWSING}
    found = talk.ask("/actuator/env", _KEYS, route="/actuator/env", address=SCANNER)
    assert found.decision.action is Action.REFUSE
    assert found.status == 403
    other = talk.ask("/products", [{"id": 1}], route="/products", address="60.1.1.1")
    assert other.decision.action is Action.ALLOW


def test_a_debug_path_that_answers_is_told_at_once_and_by_what_it_gave() -> None:
    talk = Conversation("observe")
    record = talk.ask("/actuator/env", _KEYS, route="/actuator/env", address=SCANNER)
    assert _kinds(record)[DetectionKind.DEBUG_PATH] is Level.HIGH


def test_an_endpoint_that_slept_is_told_when_it_answers() -> None:
    talk = Conversation("observe")
    talk.ask("/internal/export", {"rows": 3}, route="/internal/export")
    talk.now += 45 * 86_400
    record = talk.ask("/internal/export", {"email": "ada@example.com"}, route="/internal/export")
    assert _kinds(record)[DetectionKind.DORMANT_ENDPOINT] is Level.HIGH

"""The cases' own language: a mistake in a case is an error, not a case that proves nothing."""

from pathlib import Path

import pytest
from tests.checks.conversation import evidence_of, read_cases

from nightlatch.exchange.content import ContentKind
from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.exchange import NO_BODY


def test_a_conversation_is_read_whole() -> None:
    evidence = evidence_of(
        "# template: /users/{id}\n"
        "# asked: phone 2\n"
        "POST http://shop.test:8000/users/7?a=1&b=%2B\n"
        "Authorization: Bearer x\n"
        "\n"
        '{"n":\n1}\n'
        "\n"
        "HTTP/1.1 201\n"
        "Content-Type: application/json\n"
        "\n"
        "[1]\n"
    )
    request = evidence.exchange.request
    assert (request.scheme, request.host, request.path) == ("http", "shop.test:8000", "/users/7")
    assert [leaf.value for leaf in evidence.query] == ["1", "+"]
    assert request.body.data == b'{"n":\n1}'
    assert evidence.exchange.response is not None
    assert evidence.exchange.response.status == 201
    assert evidence.response.kind is ContentKind.JSON
    assert evidence.exchange.endpoint.key == "POST /users/{id}"
    assert evidence.exchange.credentials[0].kind is CredentialKind.BEARER_OPAQUE
    assert evidence.exchange.credential_state is CredentialState.ACCEPTED
    assert len({subject.digest for subject in evidence.disclosure.asked}) == 2


def test_asked_and_disclosed_overlap_unless_they_are_others() -> None:
    evidence = evidence_of("# asked: phone 3\n# disclosed: phone 2\nGET /\n")
    assert set(evidence.disclosure.disclosed) < set(evidence.disclosure.asked)
    evidence = evidence_of("# asked: phone 3\n# disclosed: phone 2 others\nGET /\n")
    assert set(evidence.disclosure.disclosed).isdisjoint(evidence.disclosure.asked)


def test_without_a_status_line_there_is_no_answer() -> None:
    evidence = evidence_of("GET /\n")
    assert evidence.exchange.response is None
    assert evidence.exchange.request.body is NO_BODY


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("### fine: a name\nGET /\n", "a case begins with"),
        ("### bad:\nGET /\n", "a case begins with"),
        ("### bad: a name\n# postur: open\nGET /\n", "no directive 'postur'"),
        ("### bad: a name\n# posture: ajar\nGET /\n", "ajar"),
    ],
)
def test_a_mistake_is_an_error(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "case.http"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        read_cases(path)

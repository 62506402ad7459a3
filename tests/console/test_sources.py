"""The page of sources, and what a request's page says of one that could not see everything."""

import pytest
from tests.console.house import House, build_house, enter
from tests.records import record

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.record import Record
from nightlatch.exchange.source import Part, SourceKind
from nightlatch.respond.source_tokens import SourceTokens

HOSTILE = b'<script>alert("ada@example.com")</script>'


@pytest.fixture
def house() -> House:
    return build_house(0, 0)


def text_of(house: House, path: str) -> str:
    with enter(house) as client:
        response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.text.split())


def test_without_any_source_it_says_how_to_add_one(house: House) -> None:
    assert "nightlatch source add" in text_of(house, "/sources")


def test_each_source_is_shown_with_what_became_of_it(house: House) -> None:
    book, now = house.recorder.sources, house.clock()
    book.accept(SourceKind.OTLP, "spans", {"shop": 1_234}, now)
    book.repeat(SourceKind.OTLP, "spans", now)
    book.lose(SourceKind.OTLP, "spans", 56, now)
    tokens = SourceTokens(house.documents, Hasher(bytes(32)))
    token = tokens.add("silent", [SourceKind.TREBLLE], "bank", 0, "ada", now)
    tokens.add("gone", [SourceKind.TREBLLE], "bank", 0, "ada", now)
    tokens.revoke("gone", "ada", now)
    page = text_of(house, "/sources")
    for told in ("spans", "OpenTelemetry", "1,234", "1 came twice", "56", "silent", "token by ada"):
        assert told in page
    assert "never" in page
    assert "gone" not in page
    assert token not in page


def test_dead_letters_show_their_shape_and_nothing_else(house: House) -> None:
    book = house.recorder.sources
    book.reject(SourceKind.TREBLLE, "web", "not an event", HOSTILE, house.clock())
    page = text_of(house, "/sources")
    assert "Not an event" in page
    assert "&lt;xxxxxx&gt;xxxxx(&#34;xxx@xxxxxxx.xxx" in page
    assert "alert" not in page


def shown(house: House, one: Record) -> str:
    house.recorder.take([one])
    return text_of(house, f"/requests/{one.id}")


LOG = record(
    7,
    source=SourceKind.LOG,
    source_name="access.log",
    unseen=tuple(sorted(set(Part) - {Part.CLIENT, Part.QUERY})),
    credential_state=CredentialState.UNKNOWN,
    status=0,
)


def test_a_request_tells_who_saw_it_and_what_is_unknown(house: House) -> None:
    page = shown(house, LOG)
    assert "An access log" in page
    assert "access.log" in page
    assert "Cannot see:" in page
    assert "Of headers nothing is known." in page
    assert page.count("The body cannot be seen from there.") == 2
    assert "<dt>Credential</dt><dd>Unknown" in page
    assert "No body." not in page
    assert "status unknown" in page


def test_a_request_of_the_application_says_nothing_of_sources(house: House) -> None:
    page = shown(house, record(8))
    assert "Seen by" not in page
    assert "<dt>Credential</dt><dd>None" in page


def test_the_list_says_unknown_and_not_none(house: House) -> None:
    house.recorder.take([LOG, record(9)])
    page = text_of(house, "/requests")
    assert page.count("credential unknown") == 1
    assert page.count("no credential") == 1
    assert '<span class="answer answer-0">unknown</span>' in page

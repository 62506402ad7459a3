"""The page of sources, and what a request's page says of one that could not see everything."""

import re

import pytest
from msgspec.structs import replace
from tests.console.house import Client, House, build_house, enter
from tests.records import record

from nightlatch.console.context import Senders
from nightlatch.console.pages.sources import Made
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.record import Record
from nightlatch.exchange.source import Part, SourceKind
from nightlatch.exchange.tally import Tally
from nightlatch.respond.source_tokens import SourceTokens
from nightlatch.respond.ways import ExportSeen

HOSTILE = b'<script>alert("ada@example.com")</script>'


@pytest.fixture
def house() -> House:
    return build_house(0, 0)


def text_of(house: House, path: str) -> str:
    with enter(house) as client:
        response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.text.split())


@pytest.fixture
def tokens(house: House) -> SourceTokens:
    """Of a house that takes something in."""
    made = SourceTokens(house.documents, Hasher(bytes(32)))
    here = house.app.state.console
    house.app.state.console = replace(here, senders=Senders(made, "http://collector:4181"))
    return made


def post(client: Client, house: House, path: str, **fields: str) -> str:
    """The page that it leads to."""
    given = {"csrf_token": house.csrf_of(client)} | fields
    answer = client.post(path, data=given)
    if answer.status_code == 303:
        answer = client.get(answer.headers["location"])
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def test_without_any_source_it_says_what_they_need(house: House) -> None:
    page = text_of(house, "/sources")
    assert "need a token each" in page
    assert "tokens are made where" in page


def test_a_token_is_made_and_shown_this_once(
    house: House, client: Client, tokens: SourceTokens
) -> None:
    page = post(
        client, house, "/sources/tokens",
        **{"name": "shop", "service": "web", "rate": "1MB", "kind-otlp": "on", "kind-gelf": "on"},
    )  # fmt: skip
    (token,) = set(re.findall(r"nlsrc_[\w-]+", page))
    (made,) = tokens.all()
    assert made.digest == tokens.digest(token)
    assert (made.name, made.service, made.bytes_per_second) == ("shop", "web", 1_000_000)
    assert sorted(made.kinds) == ["gelf", "otlp"]
    assert (made.author, made.created) == ("console", house.clock())
    assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4181" in page
    assert "curl http://collector:4181/gelf" in page
    assert "sdk_token" not in page
    assert "nlsrc_" not in client.get("/sources").text
    assert "last heard <span>never</span>" in text_of(house, "/sources")
    assert [(one.actor, one.action) for one in house.documents.audit_log()] == [
        ("console", "add-source")
    ]


def test_what_cannot_be_made_is_explained_beside_what_was_typed(
    house: House, client: Client, tokens: SourceTokens
) -> None:
    fields = {"csrf_token": house.csrf_of(client), "name": "<b>", "kind-otlp": "on"}
    answer = client.post("/sources/tokens", data=fields)
    assert answer.status_code == 422
    assert "64 letters" in answer.text
    assert 'value="&lt;b&gt;"' in answer.text
    assert 'name="kind-otlp" checked' in answer.text
    assert tokens.all() == []


def test_a_new_token_takes_the_place_of_the_old_one(
    house: House, client: Client, tokens: SourceTokens
) -> None:
    first = tokens.add("shop", [SourceKind.OTLP], "", 0, "ada", house.clock() - 5)
    page = post(client, house, "/sources/shop/rotate", grace="1d")
    old, new = tokens.all()
    assert old.digest == tokens.digest(first)
    assert old.until == house.clock() + 86_400
    assert tokens.digest(re.findall(r"nlsrc_[\w-]+", page)[0]) == new.digest
    assert "a newer one takes its place" in page


def test_revoking_one(house: House, client: Client, tokens: SourceTokens) -> None:
    tokens.add("shop", [SourceKind.OTLP], "", 0, "ada", house.clock() - 5)
    page = post(client, house, "/sources/shop/revoke")
    assert "Nobody yet." in page
    assert not any(one.in_force(house.clock()) for one in tokens.all())
    assert house.documents.audit_log()[0].action == "revoke-source"


@pytest.mark.parametrize("path", ["/sources/shop/rotate", "/sources/shop/revoke"])
@pytest.mark.usefixtures("tokens")
def test_there_is_no_such_source(house: House, client: Client, path: str) -> None:
    answer = client.post(path, data={"csrf_token": house.csrf_of(client)})
    assert answer.status_code == 404
    assert "There is no source" in answer.text


def test_nobody_makes_one_without_the_forms_own_proof(client: Client, tokens: SourceTokens) -> None:
    fields = {"name": "shop", "kind-otlp": "on"}
    assert client.post("/sources/tokens", data=fields).status_code == 403
    assert tokens.all() == []


def test_where_nothing_is_taken_in_no_token_is_made(house: House, client: Client) -> None:
    given = {"csrf_token": house.csrf_of(client), "name": "shop", "kind-otlp": "on"}
    assert client.post("/sources/tokens", data=given).status_code == 404


def test_a_token_is_in_no_log() -> None:
    assert "nlsrc_x" not in repr(Made("shop", "nlsrc_x", ()))


def test_listeners_exports_and_gateways_are_shown_with_what_they_lost(house: House) -> None:
    ways = house.recorder.ways
    udp = Tally(received=41, taken=30, malformed=11, overrun=1_900)
    ways.listeners = lambda: {"gelf udp://0.0.0.0:12201": udp}
    ways.ignored = lambda: {"/v1/traces": 77, "/v1/logs": 0}
    ways.exports = lambda: (ExportSeen("ecs https://siem", 9, 8_442, 0, 500, "it is <gone>"),)
    report = AgentReport("gateway", "edge", lost={"lost-queue-full": 28_880})
    house.recorder.report(report, house.clock())
    page = text_of(house, "/sources")
    for told in (
        "gelf udp://0.0.0.0:12201", "threw 1,900 datagrams away", "77 at <code>/v1/traces</code>",
        "ecs https://siem", "8,442", "it is &lt;gone&gt;", "28,880",
    ):  # fmt: skip
        assert told in page
    assert "/v1/logs" not in page


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
    assert "last heard <span>never</span>" in page
    assert "gone" not in page
    assert token not in page


@pytest.mark.slow
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

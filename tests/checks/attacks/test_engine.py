"""The engine with recognisers of its own: rounds, bounds and evidence."""

import base64
import json
import threading
from collections.abc import Sequence
from urllib.parse import quote

import pytest
from tests.checks.attacks.requests import a_request, read

from nightlatch.checks.attacks import engine as module
from nightlatch.checks.attacks.engine import AttackEngine, Inspection
from nightlatch.checks.attacks.proposals import Proposed
from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.exchange.exchange import Request
from nightlatch.faults import FAULTS

EVIL = "<evil>"


def evil(text: str, _: Value) -> Clue | None:
    return Clue(90, "is evil", text) if EVIL in text else None


def doubtful(text: str, _: Value) -> Clue | None:
    if "doubt" not in text:
        return None
    return Clue(40, "leaves a doubt" if "1" in text else "leaves another doubt", text)


def teapot(request: Request) -> Clue | None:
    return Clue(70, "asks for tea", "BREW") if request.method == "BREW" else None


@pytest.fixture
def engine() -> AttackEngine:
    recognisers = (Recogniser("evil", (EVIL,), evil), Recogniser("doubt", ("doubt",), doubtful))
    return AttackEngine(recognisers, (RequestRule("teapot", teapot),))


def inspect(engine: AttackEngine, request: Request) -> Inspection:
    return engine.inspect(*read(request))


def encoded(text: str) -> dict[str, str]:
    return {
        "plain": text,
        "percent": quote(text, safe=""),
        "twice": quote(quote(text, safe=""), safe=""),
        "three times": quote(quote(quote(text, safe=""), safe=""), safe=""),
        "entities": text.replace("<", "&lt;"),
        "escapes": text.replace("<", "\\u003c"),
        "base64": base64.b64encode(f"some {text} text".encode()).decode(),
        "base64 of percent": base64.b64encode(quote(text).encode()).decode(),
        "JSON": json.dumps({"a": [text]}),
        "JSON in JSON": json.dumps({"a": json.dumps({"b": text})}),
        "zero bytes": "<ev\0il>",
        "wide": "\uff1cevil\uff1e",
    }


@pytest.mark.parametrize(("coat", "text"), encoded(EVIL).items(), ids=list(encoded(EVIL)))
def test_finds_it_in_every_coat_and_place(engine: AttackEngine, coat: str, text: str) -> None:
    sent = quote(text, safe="")
    requests = [
        a_request("GET", f"/?q={sent}"),
        a_request("GET", "/", headers=[("cookie", f"a=b; c={sent}")]),
        a_request("POST", "/", f"q={sent}".encode(), "form"),
        a_request("POST", "/", {"a": {"b": [text]}}),
    ]
    for request in requests:
        (attack,) = inspect(engine, request).attacks
        assert attack.check == "evil", coat


def test_finds_it_in_names(engine: AttackEngine) -> None:
    for request in (
        a_request("GET", f"/?{quote(EVIL)}=1"),
        a_request("POST", "/", {EVIL: {"a": 1}}),
        a_request("GET", f"/{quote(EVIL)}"),
    ):
        assert len(inspect(engine, request).attacks) == 1


def test_evidence_says_where_how_and_why(engine: AttackEngine) -> None:
    request = a_request("GET", "/?q=" + quote(base64.b64encode(b"x <evil> 0123456789 y").decode()))
    (attack,) = inspect(engine, request).attacks
    assert attack.evidence == "Query `q`, decoded (base64): `x <evil> ••• y` is evil"
    assert (attack.place, attack.name, attack.certainty) == ("query", "q", 90)


def test_one_doubt_is_none_and_two_are(engine: AttackEngine) -> None:
    assert not inspect(engine, a_request("GET", "/?a=doubt1")).attacks
    assert not inspect(engine, a_request("GET", "/?a=doubt1&b=doubt1")).attacks
    (attack,) = inspect(engine, a_request("GET", "/?a=doubt1&b=doubt2")).attacks
    assert attack.certainty == 64


def test_a_rule_judges_the_request_as_a_whole(engine: AttackEngine) -> None:
    (attack,) = inspect(engine, a_request("BREW")).attacks
    assert (attack.check, attack.place, attack.name) == ("teapot", "", "")


def test_clean_headers_are_remembered_and_others_never(engine: AttackEngine) -> None:
    clean, bad = [("user-agent", "curl")], [("user-agent", EVIL)]
    for _ in range(2):
        assert not inspect(engine, a_request("GET", "/", headers=clean)).attacks
        assert inspect(engine, a_request("GET", "/", headers=bad)).attacks


def test_more_headers_than_are_remembered(
    engine: AttackEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CLEAN", 10)
    for number in range(100):
        assert not inspect(engine, a_request("GET", "/", headers=[("x-n", str(number))])).attacks
    assert len(engine._clean) <= 11


def test_long_texts_are_read_to_their_end(engine: AttackEngine) -> None:
    body = f"q={'A' * 100_000}{quote(EVIL)}".encode()
    assert inspect(engine, a_request("POST", "/", body, "form")).attacks


def test_an_attack_across_two_windows_is_whole_in_one(engine: AttackEngine) -> None:
    for start in range(module.WINDOW - 8, module.WINDOW + 2):
        text = "A" * start + EVIL + "A" * module.WINDOW
        assert inspect(engine, a_request("POST", "/", text.encode(), "text/plain")).attacks


def test_bounds_are_said(engine: AttackEngine) -> None:
    deep = EVIL
    for _ in range(8):
        deep = quote(deep, safe="")
    unread = inspect(engine, a_request("GET", f"/?q={deep}")).unread
    assert unread == "values were encoded more than four times"


def test_too_much_is_cut_and_said(engine: AttackEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 100)
    assert "beyond" in inspect(engine, a_request("GET", f"/?a={'x' * 200}&b=y")).unread
    monkeypatch.setattr(module, "MAX_VALUES", 3)
    assert "of the values" in inspect(engine, a_request("GET", "/?a=1&b=2&c=3")).unread


def test_threads_do_not_disturb_each_other(engine: AttackEngine) -> None:
    wrong: list[int] = []

    def ask(number: int) -> None:
        for turn in range(200):
            text = quote(EVIL) if (turn + number) % 2 else "fine"
            found = inspect(engine, a_request("GET", f"/?q={text}&n={turn}")).attacks
            if bool(found) != (text != "fine"):
                wrong.append(turn)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_clean_path_is_known_with_other_numbers_and_no_other(engine: AttackEngine) -> None:
    asked: list[int] = []
    proposals = engine._proposals
    look = proposals.propose

    def counted(texts: Sequence[str]) -> Proposed:
        asked.append(len(texts))
        return look(texts)

    proposals.propose = counted  # type: ignore[method-assign]
    for path in ("/users/+14155550123/orders", "/users/+442079460000/orders"):
        assert inspect(engine, a_request("GET", path)) == Inspection()
    once = len(asked)
    assert inspect(engine, a_request("GET", "/users/+7/orders")) == Inspection()
    assert len(asked) == once
    for other in ("/users/+7/order", "/users/+7/orders?a=1", "/users/+7/orders/..", "/u%27/7"):
        before = len(asked)
        inspect(engine, a_request("GET", other))
        assert len(asked) > before, other
    assert inspect(engine, a_request("GET", "/users/+8/orders", headers=[("x", EVIL)])).attacks
    assert inspect(engine, a_request("BREW", "/users/+8/orders")).attacks


def test_more_paths_than_are_remembered(
    engine: AttackEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CLEAN", 10)
    for number in range(100):
        assert not inspect(engine, a_request("GET", "/" + "x" * number)).attacks
    assert len(engine._clean_paths) <= 11


def test_a_reader_that_breaks_is_counted_and_the_others_read_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> Clue | None:
        raise RuntimeError("a bug of ours")

    recognisers = (Recogniser("broken", (EVIL,), broken), Recogniser("evil", (EVIL,), evil))
    engine = AttackEngine(recognisers, (RequestRule("broken-rule", broken),))
    with pytest.raises(RuntimeError):
        inspect(engine, a_request("GET", f"/?q={quote(EVIL)}"))
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    (attack,) = inspect(engine, a_request("GET", f"/?q={quote(EVIL)}")).attacks
    assert attack.check == "evil"
    assert FAULTS.counts().keys() >= {"attacks.broken", "attacks.broken-rule"}

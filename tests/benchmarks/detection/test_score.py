"""Rates are counted for each set, file and class, and what was judged wrongly is kept."""

from benchmarks.detection.corpus import Row
from benchmarks.detection.score import Score, Tally
from msgspec.structs import replace

from nightlatch.checks.attacks.value import Attack

ATTACK = Row("GET", "/?q=1", (), b"\x1b[2J" + b"x" * 400, 1, "tiny", "sqli", "union", "a")
LEGIT = replace(ATTACK, label=0, group="norm", testcase="", id="b")
FOUND = (Attack("sql-injection", 90, "parameter q"), Attack("sql-injection", 60, "again"))


def _score() -> Score:
    score = Score()
    score.add("one", ATTACK, FOUND)
    score.add("one", ATTACK, ())
    score.add("two", LEGIT, ())
    score.add("two", LEGIT, FOUND)
    score.add("two", LEGIT, ())
    return score


def test_rates_are_percent_of_what_there_is() -> None:
    score = _score()
    assert score.sets["tiny"].figures() == {"tp": 50.0, "tn": 66.667, "attacks": 2, "legit": 3}
    assert score.files["one"].figures() == {"tp": 50.0, "tn": None, "attacks": 2, "legit": 0}
    assert score.files["two"].figures() == {"tp": None, "tn": 66.667, "attacks": 0, "legit": 3}
    assert (Tally().tp, Tally().tn) == (None, None)


def test_classes_tell_which_checks_fired_once_a_request() -> None:
    kinds = _score().kinds
    assert list(kinds) == [("tiny", "sqli/union"), ("tiny", "norm")]
    assert kinds["tiny", "sqli/union"].fired == {"sql-injection": 1}


def test_wrong_judgements_are_kept_with_their_evidence() -> None:
    score = _score()
    (missed,), (blocked,) = score.missed, score.blocked
    assert (missed.id, missed.evidence) == ("a", ())
    assert blocked.id == "b"
    assert blocked.evidence == ("parameter q (90 %)", "again (60 %)")


def test_an_excerpt_is_short_and_cannot_steer_a_terminal() -> None:
    body = _score().missed[0].body
    assert body.startswith("\\x1b[2Jxxx")
    assert body.endswith("… (404 characters)")
    assert len(body) < 340

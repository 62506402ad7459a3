from zoneinfo import ZoneInfo

import pytest

from nightlatch.capture.logs.times import moment, plain_duration

AT = 1795029508.0


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("18/Nov/2026:19:18:28 +0000", AT),
        ("18/Nov/2026:14:18:28 -0500", AT),
        ("18/Nov/2026:19:18:28.250", AT + 0.25),
        ("2026-11-18T19:18:28Z", AT),
        ("2026-11-18t19:18:28.125z", AT + 0.125),
        ("2026-11-19T00:48:28.5+05:30", AT + 0.5),
        ("2026-11-18 19:18:28,5 UTC", AT + 0.5),
        ("2026-11-18 19:18:28", AT),
        ("1795029508", AT),
        ("1795029508.5", AT + 0.5),
        ("1795029508500", AT + 0.5),
        ("1795029508500000", AT + 0.5),
        ("1795029508500000000", AT + 0.5),
        ("2016-12-31T23:59:60Z", 1483228800.0),
    ],
)
def test_times_of_every_notation(text: str, at: float) -> None:
    assert moment(text) == pytest.approx(at, abs=1e-6)


def test_a_zone_is_for_times_that_name_none() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert moment("18/Nov/2026:20:18:28.000", berlin) == AT
    assert moment("2026-11-18T19:18:28Z", berlin) == AT


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "yesterday", "32/Nov/2026:19:18:28 +0000", "18/Nix/2026:19:18:28 +0000",
        "2026-02-30T00:00:00Z", "1e9", "٣", "-5", "18/Nov/2026:25:18:28 +0000", "9" * 30,
    ],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        moment(text)


def test_durations_of_several_tries_are_their_sum() -> None:
    assert plain_duration("0.5", 1.0) == 0.5
    assert plain_duration("0.120, 0.020 : - , 0.010", 1.0) == pytest.approx(0.15)
    for text in ("-", "", "-1", "nan", "inf", "1e300"):
        with pytest.raises(ValueError, match=r"float|duration"):
            plain_duration(text, 1.0)

"""Troubles: loud once, shown until over."""

import pytest

from nightlatch.respond.troubles import LOG_EVERY, Troubles


def test_a_trouble_is_logged_now_and_then_and_shown_until_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    troubles = Troubles()
    for now in (0.0, 1.0, LOG_EVERY - 0.1, LOG_EVERY):
        troubles.note("The disk", OSError("full"), now)
    assert len(caplog.records) == 2
    (trouble,) = troubles.current()
    assert (trouble.since, trouble.last, trouble.times) == (0.0, LOG_EVERY, 4)
    troubles.over("The disk")
    troubles.over("The disk")
    assert troubles.current() == ()
    assert len(caplog.records) == 3


def test_a_clock_set_back_does_not_silence_it(caplog: pytest.LogCaptureFixture) -> None:
    troubles = Troubles()
    troubles.note("The disk", OSError("full"), 1_000_000.0)
    troubles.note("The disk", OSError("full"), 5.0)
    assert len(caplog.records) == 2

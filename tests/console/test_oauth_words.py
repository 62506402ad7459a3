"""Words for both front ends, as the page says them."""

import re

import pytest

from nightlatch.console.pages.oauth_words import sentence, told
from nightlatch.workbench.oauth.flows.answers import _ADVICE
from nightlatch.workbench.oauth.flows.steps import FlowFault

CASES = (
    ("it needs the client's certificate (--cert FILE)", "It needs the client's certificate"),
    ("expired: give such a token (--expired)", "Expired: give such a token"),
    ("no (check the way to authenticate (--auth))", "No (check the way to authenticate)"),
    ("yours, add --yes-this-is-mine a:1", "Yours, name it once more: a:1"),
    ("", ""),
    ("what - is -- left", "What - is -- left"),
)  # fmt: skip


@pytest.mark.parametrize(("words", "shown"), CASES)
def test_options_are_left_out(words: str, shown: str) -> None:
    assert told(words) == shown


@pytest.mark.parametrize("advice", _ADVICE.values())
def test_no_advice_names_an_option(advice: str) -> None:
    shown = sentence(FlowFault(f"cannot do it: the server answers 400 ({advice})"))
    assert not re.search(r"--[a-z]", shown)
    assert shown.endswith(".")

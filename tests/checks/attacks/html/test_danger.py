"""What a tag would run."""

import pytest

from nightlatch.checks.attacks.html.danger import danger
from nightlatch.checks.attacks.html.tokens import tags
from nightlatch.checks.attacks.javascript.acts import Danger


def worst(markup: str) -> Danger:
    return max((danger(tag).danger for tag in tags(markup)), default=Danger.NONE)


HOSTILE = [
    "<svg onload=alert(1)>",
    "<script>alert(1)</script>",
    "<a href=javascript:alert(1)>",
    "<iframe srcdoc='<img src=x onerror=alert(1)>'>",
    "<style><img src=x onerror=alert(1)></style>",
    "<style><style><img src=x onerror=alert(1)></style>",
    "<svg><style>a{width:expression(alert(1))}</style>",
    "<animate attributename=onclick values=alert(1)>",
    "<p title='</style><img src=x onerror=alert(1)>'>",
    "<object data='data:text/html,<svg onload=alert(1)>'>",
]


@pytest.mark.parametrize("markup", HOSTILE)
def test_runs_script(markup: str) -> None:
    assert worst(markup) is Danger.HOSTILE


HARMLESS = [
    "<p style='color:red'>a</p>",
    "<style>.a{behavior:smooth} p>a{color:red}</style>",
    "<a href='https://example.com/?a=javascript'>a</a>",
    "<img src='data:image/png;base64,iVBORw0KGgo='>",
    "<Button onPress={() => go()}>",
    "a < b and c > d",
]


@pytest.mark.parametrize("markup", HARMLESS)
def test_runs_nothing(markup: str) -> None:
    assert worst(markup) is Danger.NONE


NESTED = [
    "<style><a>",
    "<style>*/<",
    "<a style='<style>",
    "<iframe srcdoc=",
    "<a b=<",
    "<svg><set ",
]


@pytest.mark.parametrize("part", NESTED)
def test_nesting_is_read_without_end_and_without_an_error(part: str) -> None:
    assert worst(part * (8192 // len(part))) <= Danger.HOSTILE

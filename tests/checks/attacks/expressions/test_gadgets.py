"""What an expression reaches for."""

import pytest

from nightlatch.checks.attacks.expressions.gadgets import arithmetic, reach
from nightlatch.checks.attacks.javascript.tokens import tokens


@pytest.mark.parametrize(
    "inner",
    [
        "''.__class__",
        "x['__cl'+'ass__']",
        "config.items()",
        "_self.env.x",
        "['id']|filter('system')",
        "'freemarker.template.utility.Execute'?new()",
        "x.getClass().forName('y')",
        "IO.popen('id')",
        "process.mainModule",
        "require('child_process')",
        "system('id')",
        "include('/etc/passwd')",
    ],
)
def test_reaches_beyond_the_template(inner: str) -> None:
    assert reach(tokens(inner), inner)


@pytest.mark.parametrize(
    "inner",
    ["name", "user.name|upper", "config.title", "items|map('name')", "file.name", "a.class"],
)
def test_stays_in_the_template(inner: str) -> None:
    assert not reach(tokens(inner), inner)


@pytest.mark.parametrize("inner", ["7*7", "(1+2)*3", "7*'7'", "10/2", "1337 * 1338"])
def test_a_sum_of_constants(inner: str) -> None:
    assert arithmetic(tokens(inner))


@pytest.mark.parametrize("inner", ["7", "a*b", "-5", "1,2", "'a'", "2*x", "0x1f"])
def test_no_sum(inner: str) -> None:
    assert not arithmetic(tokens(inner))

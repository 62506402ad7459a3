"""What no type can say of a setting is said at start, with all other mistakes."""

from pathlib import Path

import pytest

from nightlatch.app.configuration import configure
from nightlatch.settings import ConfigurationError


def mistakes(**code: object) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        configure(code, {})
    return caught.value.mistakes


def test_defaults_find_attacks_and_refuse_none() -> None:
    settings = configure({}, {})
    assert settings.attacks.refuse is False
    assert settings.attacks.exceptions == ""


def test_exceptions_of_several_lines_come_from_the_file_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "nightlatch.toml"
    file.write_text(
        "[attacks]\nrefuse = true\nexceptions = '''\n"
        '# the SQL console\nendpoint = "POST /reports" and check = sql-injection\n\n'
        "check = attack-tool and address in (10.0.0.0/8)\n'''\n"
    )
    settings = configure({}, {"NIGHTLATCH_CONFIG": str(file)})
    assert settings.attacks.refuse is True
    assert len(settings.attacks.exceptions.splitlines()) == 4


EXCEPTIONS = [
    ("chek = sql-injection", "line 1, column 1: chek: did you mean"),
    ("check = a\n\ncheck sql-injection", "line 3, column 7"),
    ("certainty > high", "line 1"),
    ("address in (10.0.0)", "line 1"),
    ("check = (a", "line 1"),
]


@pytest.mark.parametrize(("text", "words"), EXCEPTIONS)
def test_a_mistake_in_an_exception_has_its_line_and_column(text: str, words: str) -> None:
    (mistake,) = mistakes(attacks_exceptions=text)
    assert mistake.startswith("in code, attacks_exceptions=: attacks.exceptions: line ")
    assert words in mistake


def test_all_mistakes_are_told_together() -> None:
    told = mistakes(
        attacks_exceptions="chek = a",
        attacks_refuse="perhaps",
        checks_off=["sql-injektion"],
        trusted_proxies=["10.0.0.0/99"],
    )
    assert len(told) == 4
    assert any("did you mean sql-injection?" in mistake for mistake in told)
    assert any("attacks.refuse: Expected bool" in mistake for mistake in told)


def test_every_attack_check_can_be_switched_off() -> None:
    assert configure({"checks_off": ["sql-injection", "attack-tool"]}, {}).checks_off

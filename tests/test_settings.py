"""Every setting from every source, and every mistake at once."""

from pathlib import Path

import pytest

from nightlatch.exchange.judgement import Mode
from nightlatch.settings import SETTINGS, ConfigurationError, Settings, load_settings
from nightlatch.settings.tokens import TokenIssuer
from nightlatch.settings.ways import MarkedEndpoint


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "nightlatch.toml"
    path.write_text(text)
    return path


def test_defaults_need_nothing() -> None:
    assert load_settings(environment={}) == Settings()


def test_code_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    file = _file(
        tmp_path, 'mode = "off"\nservice = "file"\nfail = "closed"\n[budgets]\ncaller_hour = 7\n'
    )
    environment = {"NIGHTLATCH_MODE": "observe", "NIGHTLATCH_SERVICE": "environment"}

    settings = load_settings({"mode": "enforce"}, environment, file)

    assert settings.mode is Mode.ENFORCE
    assert settings.service == "environment"
    assert (settings.fail, settings.budgets.caller_hour) == ("closed", 7)
    assert settings.budgets.caller_day == Settings().budgets.caller_day


LISTS = {
    "a, b,,c ": ("a", "b", "c"),
    '["a", "b,c"]': ("a", "b,c"),
    ' [ "in (1, 2)" ] ': ("in (1, 2)",),
    "[]": (),
    "[::1]:8080,[::2]:9": ("[::1]:8080", "[::2]:9"),
    "[a], b": ("[a]", "b"),
}


@pytest.mark.parametrize("text", LISTS)
def test_lists_in_the_environment_have_commas_between_or_are_json(text: str) -> None:
    settings = load_settings(environment={"NIGHTLATCH_REDACT_NAMES": text})
    assert settings.redact_names == LISTS[text]


@pytest.mark.parametrize("text", ['["a", "b"', '["a" "b"]', '["a"],b', '["a", 1.5, {}]'])
def test_a_list_that_is_begun_as_json_must_be_some(text: str) -> None:
    with pytest.raises(ConfigurationError, match="NIGHTLATCH_REDACT_NAMES"):
        load_settings(environment={"NIGHTLATCH_REDACT_NAMES": text})


EXAMPLES: dict[str, tuple[object, str, object]] = {
    "mode": ("enforce", "enforce", Mode.ENFORCE),
    "fail": ("closed", "closed", "closed"),
    "console.enabled": (True, "true", True),
    "attacks.refuse": (True, "true", True),
    "gateway.forwarded": (False, "false", False),
    "gateway.upstream_h2": (True, "true", True),
    "identity.verify_bots": (False, "false", False),
    "tokens.guess": (False, "false", False),
    "tokens.issuers": (
        [{"issuer": "a", "audiences": "b"}],
        '[{"issuer": "a", "audiences": "b"}]',
        (TokenIssuer(issuer="a", audiences="b"),),
    ),
    "workbench.network": (False, "false", False),
    "marks": (
        [{"endpoint": "GET /x", "subject": "pet"}],
        '[{"endpoint": "GET /x", "subject": "pet"}]',
        (MarkedEndpoint(endpoint="GET /x", subject="pet"),),
    ),
}
TABLES = {
    "marks": '[{endpoint = "GET /x", subject = "pet"}]',
    "tokens.issuers": '[{issuer = "a", audiences = "b"}]',
}
"""What is written in TOML as it is in no other language."""


def test_every_setting_can_be_given_in_all_three_ways(tmp_path: Path) -> None:
    ran = 0
    for setting in SETTINGS:
        if setting.name in EXAMPLES:
            code, text, expected = EXAMPLES[setting.name]
        elif isinstance(setting.default, tuple):
            code, text, expected = ["a", "b"], "a, b", ("a", "b")
        elif isinstance(setting.default, int):
            code, text, expected = 321, "321", 321
        else:
            code, text, expected = "word", "word", "word"
        branch, _, key = setting.name.rpartition(".")
        literal = str(code).lower() if isinstance(code, bool) else repr(code)
        literal = TABLES.get(setting.name, literal)
        toml = (f"[{branch}]\n" if branch else "") + f"{key} = {literal}\n"
        for settings in (
            load_settings({setting.keyword: code}, {}),
            load_settings(None, {setting.environment: text}),
            load_settings(None, {}, _file(tmp_path, toml)),
        ):
            value: object = settings
            for part in setting.name.split("."):
                value = getattr(value, part)
            assert value == expected, setting.name
            ran += 1
    assert ran == 3 * len(SETTINGS) >= 60


def test_all_mistakes_are_told_at_once_with_place_and_suggestion(tmp_path: Path) -> None:
    file = _file(
        tmp_path,
        '# ours\nmode = "enforced"\n\n[budgets]\ncaller_huor = 5\ncaller_day = 0\n'
        '[capture]\nqueue = "x"\n',
    )
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"modus": "observe"}, {"NIGHTLATCH_TRUSTED_PROXY": "10.0.0.1"}, file)

    text = str(caught.value)
    assert len(caught.value.mistakes) == 6
    assert f"{file}:2: mode: Invalid enum value 'enforced'" in text
    assert (
        f'{file}:5: there is no setting "budgets.caller_huor"; did you mean budgets.caller_hour?'
        in text
    )
    assert f"{file}:6: budgets.caller_day" in text
    assert f"{file}:8: capture.queue" in text
    assert "did you mean NIGHTLATCH_TRUSTED_PROXIES?" in text
    assert "did you mean mode?" in text


def test_a_named_file_must_exist_and_be_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        load_settings(environment={"NIGHTLATCH_CONFIG": str(tmp_path / "none.toml")})
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(environment={}, file=_file(tmp_path, "mode = observe"))


def test_every_setting_is_described() -> None:
    assert all(setting.description.endswith((".", '".')) for setting in SETTINGS)

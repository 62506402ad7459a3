"""Settings of Treblle's SDKs become ours; what makes no sense is left alone."""

from pathlib import Path
from typing import Any

import pytest

from nightlatch.app.configuration import configure, keywords
from nightlatch.app.treblle import treblle_keywords, treblle_settings

GIVEN = {
    "SDK_TOKEN": "secret",
    "API_KEY": "project",
    "MASKED_FIELDS": ["nickname"],
    "DEBUG": False,
    "EXCLUDED_ROUTES": ["/ping", "/internal/*"],
}


def test_the_whole_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = configure(treblle_settings(GIVEN), {})
    assert settings.redact_names == ("nickname",)
    assert settings.capture.exclude == ("/ping", "/internal/*")
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("given", [None, [], "x", {}, {"MASKED_FIELDS": None}])
def test_nothing_to_go_by(given: Any) -> None:
    assert not any(treblle_settings(given).values())


def test_the_flask_extensions_keywords() -> None:
    assert treblle_keywords({"TREBLLE_SDK_TOKEN": "x", "hidden_keys": ["nickname"]}) == {
        "redact_names": ("nickname",)
    }


def test_settings_of_frameworks_may_be_nested_and_in_capitals() -> None:
    assert keywords({"MODE": "enforce", "budgets": {"CALLER_HOUR": 5}}) == {
        "mode": "enforce",
        "budgets_caller_hour": 5,
    }

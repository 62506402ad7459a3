"""Settings of Treblle's SDKs become ours; what makes no sense is left alone."""

from pathlib import Path
from typing import Any, ClassVar

import pytest

from nightlatch.app.configuration import configure, keywords
from nightlatch.app.treblle import (
    treblle_keywords,
    treblle_of_django,
    treblle_settings,
    with_environment,
)

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


def test_what_is_not_said_leaves_our_own_settings_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = treblle_settings({"SDK_TOKEN": "x", "MASKED_FIELDS": []})
    settings = configure(given, {"NIGHTLATCH_REDACT_NAMES": "shade"})
    assert settings.redact_names == ("shade",)


class OfDjango:
    TREBLLE_INFO: ClassVar[Any] = {
        "api_key": "x",
        "project_id": "y",
        "hidden_keys": ["old"],
        "excluded_routes": ["/old"],
        "debug": False,
    }
    TREBLLE: ClassVar[Any] = {"SDK_TOKEN": "x", "MASKED_FIELDS": ["new"], "EXCLUDED_ROUTES": []}


def test_both_generations_of_djangos_settings_and_the_environment(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TREBLLE_MASKED_FIELDS", " shade, new")
    assert treblle_of_django(OfDjango()) == {
        "redact_names": ("new", "shade"),
        "capture_exclude": ("/old",),
    }
    monkeypatch.setattr(OfDjango, "TREBLLE", None)
    assert treblle_of_django(OfDjango())["redact_names"] == ("old", "shade", "new")
    assert not caplog.records, "they know all of these"


@pytest.mark.parametrize("nonsense", [5, ["a", 5], {"TREBLLE": 1}, b"x"])
def test_nonsense_of_theirs_stops_no_application(nonsense: Any) -> None:
    assert set(treblle_settings({"MASKED_FIELDS": nonsense})) <= {"redact_names"}


def test_fastapis_middleware_has_its_fields_from_the_environment() -> None:
    given = with_environment({"masked_fields": "a"}, {"TREBLLE_SENSITIVE_KEYS": "pwd,shade"})
    assert treblle_keywords(given) == {"redact_names": ("a", "pwd", "shade")}

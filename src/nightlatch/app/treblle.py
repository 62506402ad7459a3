"""The settings of Treblle's SDKs, for projects that change from it to us."""

import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any

log = logging.getLogger("nightlatch")

_KNOWN = frozenset({"SDK_TOKEN", "API_KEY", "MASKED_FIELDS", "DEBUG", "EXCLUDED_ROUTES"})
_SPELLINGS = {
    "treblle_sdk_token": "SDK_TOKEN",
    "treblle_api_key": "API_KEY",
    "treblle_project_id": "API_KEY",
    "api_key": "API_KEY",
    "project_id": "API_KEY",
    "hidden_keys": "MASKED_FIELDS",
    "masked_fields": "MASKED_FIELDS",
    "excluded_routes": "EXCLUDED_ROUTES",
    "debug": "DEBUG",
}
_MASKED_BY_ENVIRONMENT = ("TREBLLE_MASKED_FIELDS", "TREBLLE_SENSITIVE_KEYS")
"""Django's SDK reads the first beside its settings, FastAPI's the second and nothing else."""


def treblle_settings(given: object) -> dict[str, Any]:
    """What `TREBLLE = {...}` says in our words: masked fields are redacted by name beside all that
    we redact anyway, excluded routes are left alone. The token and the key are of no use here, and
    what Treblle leaves out by itself (/admin, /metrics, /health, ...) is watched. What it does not
    say is left out, so that our own settings say it."""
    if not isinstance(given, Mapping):
        return {}
    if given.get("DEBUG"):
        log.setLevel(logging.DEBUG)
    unknown = sorted(set(given) - _KNOWN)
    if unknown:
        log.warning("Of the setting TREBLLE nothing is made of: %s", ", ".join(unknown))
    said = {
        "redact_names": tuple(dict.fromkeys(_texts(given.get("MASKED_FIELDS")))),
        "capture_exclude": tuple(_texts(given.get("EXCLUDED_ROUTES"))),
    }
    return {name: value for name, value in said.items() if value}


def treblle_keywords(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same of an extension that is told by keyword, in any of the SDKs' spellings."""
    return treblle_settings(_named(given))


def treblle_of_django(settings: object) -> dict[str, Any]:
    """The same of Django's settings, as version 2 of the SDK has them (`TREBLLE`) and version 1
    (`TREBLLE_INFO`), and of the environment."""
    given: dict[str, Any] = {}
    for name in ("TREBLLE_INFO", "TREBLLE"):
        part = getattr(settings, name, None)
        if isinstance(part, Mapping):
            given |= {key: value for key, value in _named(part).items() if value}
    return treblle_settings(with_environment(given))


def with_environment(
    given: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """These settings, and the fields that the environment wants masked too."""
    named = _named(given)
    masked = [name for text in _MASKED_BY_ENVIRONMENT for name in _texts(environment.get(text))]
    return {**named, "MASKED_FIELDS": [*_texts(named.get("MASKED_FIELDS")), *masked]}


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    return {_SPELLINGS.get(name.lower(), name): value for name, value in given.items()}


def _texts(value: object) -> list[str]:
    """A list of names, whatever the setting holds."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, Iterable):
        return []
    return [one.strip() for one in value if isinstance(one, str) and one.strip()]

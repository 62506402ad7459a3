"""The settings of Treblle's SDKs, for projects that change from it to us."""

import logging
from collections.abc import Mapping
from typing import Any

log = logging.getLogger("nightlatch")

_KNOWN = frozenset({"SDK_TOKEN", "API_KEY", "MASKED_FIELDS", "DEBUG", "EXCLUDED_ROUTES"})


def treblle_settings(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What `TREBLLE = {...}` says in our words: masked fields are redacted by name beside all that
    we redact anyway, excluded routes are left alone. The token and the key are of no use here, and
    what Treblle leaves out by itself (/admin, /metrics, /health, ...) is watched."""
    if not isinstance(given, Mapping):
        return {}
    if given.get("DEBUG"):
        log.setLevel(logging.DEBUG)
    unknown = sorted(set(given) - _KNOWN)
    if unknown:
        log.warning("Of the setting TREBLLE nothing is made of: %s", ", ".join(unknown))
    return {
        "redact_names": tuple(_texts(given.get("MASKED_FIELDS"))),
        "capture_exclude": tuple(_texts(given.get("EXCLUDED_ROUTES"))),
    }


def treblle_keywords(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same of an extension that is told by keyword, in any of the SDKs' spellings."""
    named = {_SPELLINGS.get(name.lower(), name): value for name, value in given.items()}
    return {name: value for name, value in treblle_settings(named).items() if value}


_SPELLINGS = {
    "treblle_sdk_token": "SDK_TOKEN",
    "treblle_api_key": "API_KEY",
    "treblle_project_id": "API_KEY",
    "hidden_keys": "MASKED_FIELDS",
    "masked_fields": "MASKED_FIELDS",
    "excluded_routes": "EXCLUDED_ROUTES",
    "debug": "DEBUG",
}


def _texts(value: Any) -> list[str]:
    """A list of names, whatever the setting holds."""
    if isinstance(value, str):
        value = value.split(",")
    return [one.strip() for one in value or () if isinstance(one, str) and one.strip()]

"""Settings with the values that only a room can judge: all mistakes are told together."""

import difflib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from nightlatch.app.places import read_place
from nightlatch.app.tokens import judge_issuers, judge_words
from nightlatch.checks import CHECKS
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.feeds import read_feeds
from nightlatch.policy.exceptions import Exceptions
from nightlatch.settings import Judge, Settings, load_settings
from nightlatch.store.redis_address import read_address


def keywords(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a framework's configuration has them, nested or not, in capitals or not, as
    keywords: `{"budgets": {"caller_hour": 5}}` is `budgets_caller_hour=5`."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, Mapping):
            found.update({f"{name.lower()}_{key}": one for key, one in keywords(value).items()})
        else:
            found[name.lower()] = value
    return found


def configure(
    code: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """The whole tree, from every source. Raises ConfigurationError with every mistake in it."""
    return load_settings(code, environment, judges=_JUDGES)


def _url(url: str) -> None:
    if url:
        # Late: what talks to a collector is only needed where there is one.
        from nightlatch.capture.collector import checked_url

        checked_url(url)


def _counters(url: str) -> None:
    if url:
        read_address(url)
        if find_spec("hiredis") is None:
            raise ValueError("hiredis is not installed; pip install 'nightlatch[redis]'")


def _listen(entries: tuple[str, ...]) -> None:
    # Late, with those below: only a collector listens.
    from nightlatch.capture.wires.addresses import read_addresses

    read_addresses(entries)


def _allow(networks: tuple[str, ...]) -> None:
    from nightlatch.capture.wires.allowed import AllowList

    AllowList(networks)


def _fields(entries: tuple[str, ...]) -> None:
    from nightlatch.capture.attributes import read_fields

    read_fields(entries)


def _format(text: str) -> None:
    if text:
        from nightlatch.capture.logs.custom import chosen_format

        chosen_format(text)


def _exports(entries: tuple[str, ...]) -> None:
    if entries:
        from nightlatch.respond.exports.destination import read_destinations

        read_destinations(entries)


def _check_ids(ids: tuple[str, ...]) -> None:
    known = [check.id for check in CHECKS]
    unknown = [one for one in ids if one not in known]
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {close[0]}?" if close else "`nightlatch checks` lists them."
        raise ValueError(f'there is no check "{unknown[0]}"; {hint}')


def _place(place: str) -> None:
    if place:
        read_place(place)


_JUDGES: dict[str, Judge] = {
    "trusted_proxies": TrustedProxies,
    "url": _url,
    "counters.url": _counters,
    "checks_off": _check_ids,
    "attacks.exceptions": Exceptions,
    "networks.feeds": read_feeds,
    "tokens.issuers": judge_issuers,
    "tokens.words": judge_words,
    "sources.listen": _place,
    "gelf.listen": _listen,
    "gelf.allow": _allow,
    "gelf.fields": _fields,
    "gelf.format": _format,
    "syslog.listen": _listen,
    "syslog.allow": _allow,
    "syslog.fields": _fields,
    "syslog.format": _format,
    "exports.to": _exports,
}

"""A flow and its results, as its page shows them: values taken while the flow stands still."""

import json
import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from nightlatch.console.links import requests_link
from nightlatch.console.pages.oauth_words import told
from nightlatch.workbench.oauth.flows.answers import printable
from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.log import Entry
from nightlatch.workbench.oauth.flows.masking import MASK, SECRET_NAMES, masked_body, masked_url
from nightlatch.workbench.oauth.flows.steps import Invite, Visit
from nightlatch.workbench.oauth.flows.tokens import Tokens
from nightlatch.workbench.oauth.probe.weakness import Report
from nightlatch.workbench.oauth.run import Run, Stage
from nightlatch.workbench.tokens.explain import Line, explain

MOST_SHOWN = 60
"""Exchanges of a log; of more the newest."""
_BODY = 16_384
_WORD = re.compile(r"(?:[A-Za-z][A-Za-z._-]{0,23}|v[0-9]{1,3})?")
_NAMES = ("access_token", "refresh_token", "id_token")


class Pair(Struct, frozen=True):
    """A text that may be looked at, and the whole of it."""

    masked: str
    bare: str

    @property
    def hides(self) -> bool:
        return self.masked != self.bare


class Asked(Struct, frozen=True):
    """The request that waits for a yes."""

    purpose: str
    text: Pair
    curl: Pair


class Away(Struct, frozen=True):
    """Where the browser is to go."""

    purpose: str
    url: Pair
    host: str
    parameters: tuple[tuple[str, Pair], ...]
    comes_back: str


class Logged(Struct, frozen=True):
    masked: Entry
    bare: Entry


class ApiAnswer(Struct, frozen=True):
    status: int
    body: str
    live: str
    """Where the request is in the house's own list, if it watches that API."""


class Shown(Struct, frozen=True):
    stage: Stage
    turn: int
    """Which question it is that waits: a form that was drawn for another answers nothing."""
    asked: Asked | None
    away: Away | None
    invite: Invite | None
    notes: tuple[str, ...]
    log: tuple[Logged, ...]
    more: int
    """Exchanges that are not shown."""
    fault: str
    tokens: tuple[tuple[str, Pair], ...] = ()
    lifetime: str = ""
    scope: str = ""
    kind: str = ""
    claims: tuple[Line, ...] = ()
    document: tuple[tuple[str, Pair], ...] = ()
    api: ApiAnswer | None = None
    report: Report | None = None
    untried: tuple[str, ...] = ()


def shown(run: Run) -> Shown:
    sent = tuple(run.sent)
    fault = told(run.played.fault) if run.played else ""
    return Shown(
        run.stage,
        run.turn,
        _asked(run.call, run.authority) if run.call else None,
        _away(run.visit) if run.visit else None,
        run.invite,
        tuple(told(note) for note in run.notes),
        tuple(Logged(one.entry(), one.bare()) for one in sent[-MOST_SHOWN:]),
        max(0, len(sent) - MOST_SHOWN),
        fault,
        **_result(run),
    )


def _asked(call: Call, authority: str) -> Asked:
    masked = call.masked()
    lines = Pair(masked.curl(authority), call.curl(authority))
    return Asked(call.purpose, Pair(masked.as_text(), call.as_text()), lines)


def _away(visit: Visit) -> Away:
    parts = urlsplit(visit.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    parameters = tuple((name, _pair(name, value)) for name, value in pairs)
    return Away(
        visit.purpose, Pair(masked_url(visit.url), visit.url), parts.netloc, parameters,
        visit.redirect_uri,
    )  # fmt: skip


def _result(run: Run) -> dict[str, Any]:
    found = run.played.result if run.played else None
    if isinstance(found, Tokens):
        return _tokens(found)
    if isinstance(found, Answer):
        return {"api": _api(run, found)}
    if isinstance(found, Report):
        return {"report": found, "untried": tuple(told(text) for text in found.skipped)}
    if isinstance(found, Mapping):
        return {"document": tuple(_member(name, value) for name, value in found.items())}
    return {}


def _tokens(tokens: Tokens) -> dict[str, Any]:
    given = [(name, str(getattr(tokens, name))) for name in _NAMES]
    life = "" if tokens.expires_in is None else f"{tokens.expires_in:.0f} s"
    return {
        "tokens": tuple((name, Pair(_begun(text), text)) for name, text in given if text),
        "lifetime": life, "scope": tokens.scope, "kind": tokens.token_type,
        "claims": explain(tokens.id_token).claims if tokens.claims is not None else (),
    }  # fmt: skip


def _begun(token: str) -> str:
    """Enough to tell two of them apart."""
    return f"{token[:6]}…{MASK} ({len(token):,} characters)" if len(token) > 24 else MASK


def _member(name: str, value: object) -> tuple[str, Pair]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(name), _pair(name, printable(text, 2_000))


def _pair(name: str, value: str) -> Pair:
    return Pair(MASK if name in SECRET_NAMES and value else value, value)


def _api(run: Run, answer: Answer) -> ApiAnswer:
    kind = answer.header("content-type")
    body = masked_body(answer.body[:_BODY], kind).decode("utf-8", "replace")
    call = run.sent[-1].call if run.sent else None
    path = _as_recorded(urlsplit(call.url).path) if call else ""
    live = requests_link(method=call.method, text=path) if call else ""
    return ApiAnswer(answer.status, body, live)


def _as_recorded(path: str) -> str:
    """The beginning of it that is in clear in every record: what may name somebody is masked
    there, and has no place in an address of ours."""
    return "/".join(takewhile(_WORD.fullmatch, path.split("/")))

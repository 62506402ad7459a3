"""An API asked with forged tokens, one GET after the other."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Answer, Call, Headers, with_query
from nightlatch.workbench.oauth.flows.client import Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.dpop import prove_and_send, proven
from nightlatch.workbench.oauth.flows.metadata import Metadata
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Wait, send, tell
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.forgery import (
    Forgery,
    Parts,
    common_secret,
    forgeries,
    take_apart,
)
from nightlatch.workbench.oauth.probe.weakness import Found, Report, Weakness

SLOWEST, FASTEST = 0.2, 20.0
"""Requests a second."""


class Target(Struct, frozen=True):
    """One's own API, and tokens that it should take and should not."""

    url: str
    token: str
    """A good one."""
    keys: tuple[dict[str, Any], ...] = ()
    """The issuer's public keys, for key confusion."""
    proof_key: dict[str, Any] | None = None
    """Of a token that is bound to a key (RFC 9449)."""
    refused: tuple[tuple[Weakness, str], ...] = ()
    """Tokens that were good once or elsewhere, and what it would be to take them here."""
    rate: float = 5.0
    """Requests a second, from SLOWEST to FASTEST."""

    def __repr__(self) -> str:
        return f"Target({self.url!r})"


def confirmed(url: str, again: str) -> None:
    """Whoever probes names the host twice, so that no slip of a line probes somebody else's.
    Raises FlowFault."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FlowFault("the API's address begins with https:// or http://")
    if again.lower() != parts.netloc.lower():
        raise FlowFault(
            f"a probe attacks: only ever your own API. If it is yours, add "
            f"--yes-this-is-mine {parts.netloc}"
        )


def probe_api(target: Target, clock: Callable[[], float]) -> Play[Report]:
    """Raises FlowFault where there is nothing to compare with."""
    asking = _Asking(target, clock)
    found = list((yield from asking.baseline()))
    parts = take_apart(target.token)
    skipped = list(_skipped(target, parts))
    tried: list[Forgery] = []
    if parts is not None:
        found += _guessed(parts)
        tried = list(forgeries(parts, list(target.keys)))
    for kind, token in target.refused:
        tried.append(Forgery(kind, "as it was given", token))
    for forgery in tried:
        found += yield from asking.forged(forgery)
    found += yield from asking.carried_otherwise()
    if target.proof_key is not None:
        found += yield from asking.proofs()
    yield from asking.still_good()
    names = [one.weakness.id for one in tried]
    names += ["token-in-query", *(["weak-secret"] if parts else []),
              *(["unproven", "proof-replay"] if target.proof_key else [])]  # fmt: skip
    return Report(first_of_each(found), tuple(dict.fromkeys(names)), tuple(skipped))


class _Asking:
    """The questions to one target, at its rate."""

    def __init__(self, target: Target, clock: Callable[[], float]) -> None:
        self._target = target
        self._pause = 1 / min(max(target.rate, SLOWEST), FASTEST)
        self._client = Client(
            Metadata("", {}), Registration(""), Secrets(proof_key=target.proof_key), clock
        )

    def baseline(self) -> Play[list[Found]]:
        good = yield from self._good()
        if not _accepts(good):
            raise FlowFault(
                f"the API answers {good.status} to the good token: there is nothing to compare "
                "forged ones with. Give one that it takes"
            )
        without = yield from self._ask("without a token", ())
        if _accepts(without):
            raise FlowFault(
                f"the API answers {without.status} without any token: it is open to everybody, or "
                "this address needs none. Name one that does"
            )
        return []

    def forged(self, forgery: Forgery) -> Play[list[Found]]:
        answer = yield from self._ask(forgery.how, _header("Bearer", forgery.token))
        if answer.status >= 500:
            # Once more: it may fail of itself.
            answer = yield from self._ask(forgery.how, _header("Bearer", forgery.token))
        evidence = f"A token {forgery.how}: the API answers {answer.status}."
        if _accepts(answer):
            return [Found(forgery.weakness, evidence)]
        return [Found(weakness.BROKEN, evidence)] if answer.status >= 500 else []

    def carried_otherwise(self) -> Play[list[Found]]:
        url = with_query(self._target.url, (("access_token", self._target.token),))
        answer = yield from self._ask("with the token in its address", (), url)
        if not _accepts(answer):
            return []
        return [Found(weakness.QUERY, f"?access_token=…: the API answers {answer.status}.")]

    def proofs(self) -> Play[list[Found]]:
        token = self._target.token
        bare = yield from self._ask("as Bearer, without a proof", _header("Bearer", token))
        if _accepts(bare):
            evidence = f"A bound token as Bearer, without a proof: the API answers {bare.status}."
            # Where proofs do not matter, using one twice does not either.
            return [Found(weakness.UNPROVEN, evidence)]
        call = proven(self._client, self._call("with a proof", _header("DPoP", token)), token)
        yield Wait(self._pause)
        first = yield from send(call)
        yield Wait(self._pause)
        second = yield from send(call)
        if _accepts(first) and _accepts(second):
            evidence = f"The same proof a second time: the API answers {second.status}."
            return [Found(weakness.REPLAY, evidence)]
        return []

    def still_good(self) -> Play[None]:
        """Without this, a server that locks the caller out would look sound."""
        for _ in range(2):
            if _accepts((yield from self._good())):
                return
        yield from tell("the good token is refused now: the API may have locked it or you out, and "
                        "what was refused before proves little")  # fmt: skip

    def _good(self) -> Play[Answer]:
        scheme = "DPoP" if self._target.proof_key is not None else "Bearer"
        call = self._call("with the good token", _header(scheme, self._target.token))
        yield Wait(self._pause)
        return (yield from prove_and_send(self._client, call, self._target.token))

    def _ask(self, how: str, headers: Headers, url: str = "") -> Play[Answer]:
        yield Wait(self._pause)
        return (yield from send(self._call(how, headers, url)))

    def _call(self, how: str, headers: Headers, url: str = "") -> Call:
        return Call(f"ask the API {how}", "GET", url or self._target.url, headers)


def _header(scheme: str, token: str) -> Headers:
    return (("Authorization", f"{scheme} {token}"),)


def _accepts(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def _guessed(parts: Parts) -> Iterator[Found]:
    word = common_secret(parts)
    if word is not None:
        yield Found(weakness.WEAK, "The token's signature is that of a secret of every word list.")


def _skipped(target: Target, parts: Parts | None) -> Iterator[str]:
    if parts is None:
        yield "forgeries: the token is opaque, or encrypted"
    elif not target.keys:
        yield "key-confusion: give the issuer's keys (--jwks)"
    for kind in (weakness.EXPIRED, weakness.AUDIENCE, weakness.ID_TOKEN, weakness.REVOKED):
        if kind not in [its for its, _ in target.refused]:
            yield f"{kind.id}: give such a token (--{kind.id})"
    if target.proof_key is None and parts is not None and "cnf" in parts.claims:
        yield "unproven, proof-replay: the token is bound to a key (--dpop)"


def first_of_each(found: list[Found]) -> tuple[Found, ...]:
    """One door open in four ways is one finding."""
    first: dict[str, Found] = {}
    for one in found:
        first.setdefault(one.weakness.id, one)
    return tuple(sorted(first.values(), key=lambda one: -one.weakness.level))

"""An API asked with forged tokens, one GET after the other."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from nightlatch.identity.secret_words import secret_words
from nightlatch.identity.weak_secrets import guess
from nightlatch.workbench.oauth.flows.call import Answer, Call, Certificate, Headers, with_query
from nightlatch.workbench.oauth.flows.client import Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.dpop import prove_and_send, proven
from nightlatch.workbench.oauth.flows.metadata import Metadata
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Wait, reckon, send, tell
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.baseline import baseline
from nightlatch.workbench.oauth.probe.forgery import (
    CANARY,
    Forgery,
    Parts,
    forgeries,
    take_apart,
)
from nightlatch.workbench.oauth.probe.leash import Bounds, Leash, Stopped, rehearsed
from nightlatch.workbench.oauth.probe.tampering import (
    SLEEP,
    addressed,
    key_ids,
    odd_claims,
    sleeping,
)
from nightlatch.workbench.oauth.probe.weakness import Found, Report, Weakness

_BETWEEN = 10
"""Forgeries from one look whether the good token is still good to the next."""
_LATE = 3.0
"""Seconds after which an API that fetches has fetched."""
_SLOW = 1.0
_GOOD = "with the good token"


class Watched(Protocol):
    """An address that tokens can name: see `listener.Listener`."""

    address: str
    key: dict[str, Any]

    def asked(self) -> frozenset[str]: ...


class Target(Struct, frozen=True):
    """One's own API, and tokens that it should take and should not."""

    url: str
    token: str
    """A good one."""
    keys: tuple[dict[str, Any], ...] = ()
    """The issuer's public keys, for key confusion."""
    proof_key: dict[str, Any] | None = None
    """Of a token that is bound to a key (RFC 9449)."""
    certificate: Certificate | None = None
    """Of a token that is bound to one (RFC 8705), or for an API that wants one."""
    refused: tuple[tuple[Weakness, str], ...] = ()
    """Tokens that were good once or elsewhere, and what it would be to take them here."""
    canary: str = ""
    """What only a good answer has; where status or size tell enough, it is not needed."""
    words: Path | None = None
    """A file of secrets that the token may be signed with, besides the common ones."""
    listener: Watched | None = None
    bounds: Bounds = Bounds()

    def __repr__(self) -> str:
        return f"Target({self.url!r})"


def confirmed(url: str, again: str) -> None:
    """Whoever probes names the host twice, so that no slip of a line probes somebody else's.
    Raises FlowFault."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FlowFault("the API's address begins with https:// or http://, and names its host")
    if again.lower() != parts.netloc.lower():
        raise FlowFault(
            f"a probe attacks: only ever your own API. If it is yours, add "
            f"--yes-this-is-mine {parts.netloc}"
        )


def probe_api(target: Target, clock: Callable[[], float]) -> Play[Report]:
    """Raises FlowFault where there is nothing to compare with."""
    leash = Leash(frozenset({urlsplit(target.url).netloc}), clock, target.bounds)
    return leash.held(_Probe(target, clock, leash).whole())


def requests_of(target: Target, clock: Callable[[], float]) -> list[Call]:
    """What the probe of a sound API sends, in order; nothing is sent for it."""

    def sound(call: Call) -> Answer:
        good = call.purpose.endswith(_GOOD)
        return Answer(200, (), target.canary.encode()) if good else Answer(401)

    steps = rehearsed(probe_api(target, clock), sound)
    return [step for step in steps if isinstance(step, Call)]


class _Probe:
    """One probe: what was found so far, and what was tried."""

    def __init__(self, target: Target, clock: Callable[[], float], leash: Leash) -> None:
        self._target = target
        self._leash = leash
        self._found: list[Found] = []
        self._tried: list[Weakness] = []
        self._skipped: list[str] = []
        self._forged = 0
        secrets = Secrets(proof_key=target.proof_key)
        self._client = Client(Metadata("", {}), Registration(""), secrets, clock)

    def whole(self) -> Play[Report]:
        parts = take_apart(self._target.token)
        self._skipped += _skipped(self._target, parts)
        good = yield from self._good()
        without = yield from self._ask("without a token", ())
        self._baseline = baseline(good, without, self._target.canary)
        try:
            yield from self._attacks(parts)
            yield from self._still_good()
        except Stopped as told:
            self._skipped.append(f"what was still to come: {told}")
        if self._leash.usual >= _SLOW:
            evidence = f"Half of the answers took {self._leash.usual:.1f} seconds or more."
            self._found.append(Found(weakness.SLOW, evidence))
        tried = tuple(dict.fromkeys(one.id for one in self._tried))
        return Report(first_of_each(self._found), tried, tuple(self._skipped))

    def _attacks(self, parts: Parts | None) -> Play[None]:
        target = self._target
        if parts is not None:
            yield from self._guess()
            yield from self._all(forgeries(parts, list(target.keys)))
            yield from self._all(key_ids(parts))
            yield from self._all(odd_claims(parts))
            yield from self._in_a_shell(parts)
            if target.listener is not None:
                yield from self._addresses(parts, target.listener)
        yield from self._all(Forgery(kind, "as it was given", one) for kind, one in target.refused)
        yield from self._carried_otherwise()
        if target.certificate is not None:
            yield from self._without_certificate()
        if target.proof_key is not None:
            yield from self._proofs()

    def _guess(self) -> Play[None]:
        """Nothing is sent for it."""
        self._tried.append(weakness.WEAK)
        token, words = self._target.token, self._target.words
        found = yield from reckon(lambda: guess(token, secret_words(words)))
        if found is not None:
            evidence = f"The token's secret is number {found.rank:,} in a list of common ones."
            self._found.append(Found(weakness.WEAK, evidence))

    def _all(self, given: Iterable[Forgery]) -> Play[None]:
        for one in given:
            yield from self._forged_one(one)

    def _forged_one(self, forgery: Forgery) -> Play[None]:
        self._tried.append(forgery.weakness)
        self._forged += 1
        answer = yield from self._persistent(forgery)
        evidence = f"A token {forgery.how}: the API answers {_status(answer)}."
        if self._baseline.accepts(answer):
            self._found.append(Found(forgery.weakness, evidence))
        elif CANARY.encode() in answer.body:
            evidence = f"A token {forgery.how}: the answer ({answer.status}) repeats its claim."
            self._found.append(Found(weakness.REFLECTED, evidence))
        if self._forged % _BETWEEN == 0:
            yield from self._still_good()

    def _persistent(self, forgery: Forgery) -> Play[Answer]:
        """The answer; where the API fails, once more: it may have failed of itself."""
        for again in (False, True):
            answer = yield from self._answered(forgery)
            if answer.status and answer.status < 500:
                if again:
                    self._found.append(Found(weakness.FAILS, "The same request failed and then "
                                             f"did not ({answer.status})."))  # fmt: skip
                return answer
        evidence = f"A token {forgery.how}: the API answers {_status(answer)}."
        self._found.append(Found(weakness.BROKEN, evidence))
        # If it is well otherwise, it is the token that broke it, and not the probe.
        yield from self._still_good()
        return answer

    def _answered(self, forgery: Forgery) -> Play[Answer]:
        """With status 0 where the API breaks off."""
        try:
            return (yield from self._ask(forgery.how, _header("Bearer", forgery.token)))
        except Stopped:
            raise
        except FlowFault:
            return Answer(0)

    def _in_a_shell(self, parts: Parts) -> Play[None]:
        """By the time that it takes: nothing but waiting is asked for, and what waits is asked for
        twice, so that a moment's slowness is no finding."""
        self._tried.append(weakness.KEY_SHELL)
        for seconds in (SLEEP, 0, SLEEP):
            yield from self._answered(sleeping(parts, seconds))
            if (self._leash.last >= SLEEP) != bool(seconds):
                return
        evidence = f"A token of kid x|sleep {SLEEP}: the answer takes {self._leash.last:.1f} s."
        self._found.append(Found(weakness.KEY_SHELL, evidence))

    def _addresses(self, parts: Parts, listener: Watched) -> Play[None]:
        self._tried.append(weakness.FETCHES)
        places: dict[str, str] = {}
        for path, forgery in addressed(parts, listener.address, listener.key):
            places[path] = forgery.how
            yield from self._forged_one(forgery)
        yield Wait(_LATE)
        asked = listener.asked()
        seen = [how for path, how in places.items() if any(one.startswith(path) for one in asked)]
        if seen:
            evidence = f"A token {'; '.join(seen)}: the API came and asked there."
            self._found.append(Found(weakness.FETCHES, evidence))

    def _carried_otherwise(self) -> Play[None]:
        self._tried.append(weakness.QUERY)
        url = with_query(self._target.url, (("access_token", self._target.token),))
        answer = yield from self._ask("with the token in its address", (), url)
        if self._baseline.accepts(answer):
            evidence = f"?access_token=…: the API answers {answer.status}."
            self._found.append(Found(weakness.QUERY, evidence))

    def _without_certificate(self) -> Play[None]:
        self._tried.append(weakness.UNBOUND)
        call = self._call("without the certificate", _header(self._scheme, self._target.token))
        bare = msgspec.structs.replace(call, certificate=None)
        try:
            answer = yield from prove_and_send(self._client, bare, self._target.token)
        except Stopped:
            raise
        except FlowFault:
            # Refused in the handshake, which is as good.
            return
        if self._baseline.accepts(answer):
            evidence = f"The good token on a connection without it: {answer.status}."
            self._found.append(Found(weakness.UNBOUND, evidence))

    def _proofs(self) -> Play[None]:
        self._tried += (weakness.UNPROVEN, weakness.REPLAY)
        token = self._target.token
        bare = yield from self._ask("as Bearer, without a proof", _header("Bearer", token))
        if self._baseline.accepts(bare):
            evidence = f"A bound token as Bearer, without a proof: the API answers {bare.status}."
            # Where proofs do not matter, using one twice does not either.
            self._found.append(Found(weakness.UNPROVEN, evidence))
            return
        call = proven(self._client, self._call("with a proof", _header("DPoP", token)), token)
        first = yield from send(call)
        second = yield from send(call)
        if self._baseline.accepts(first) and self._baseline.accepts(second):
            evidence = f"The same proof a second time: the API answers {second.status}."
            self._found.append(Found(weakness.REPLAY, evidence))

    def _still_good(self) -> Play[None]:
        """Without this, a server that locks the caller out would look sound."""
        for _ in range(2):
            if self._baseline.accepts((yield from self._good())):
                return
        yield from tell("the good token is refused now: the API may have locked it or you out, and "
                        "what was refused before proves little")  # fmt: skip
        raise Stopped("the good token is refused now, so nothing can be compared any more")

    @property
    def _scheme(self) -> str:
        return "DPoP" if self._target.proof_key is not None else "Bearer"

    def _good(self) -> Play[Answer]:
        call = self._call(_GOOD, _header(self._scheme, self._target.token))
        return (yield from prove_and_send(self._client, call, self._target.token))

    def _ask(self, how: str, headers: Headers, url: str = "") -> Play[Answer]:
        return (yield from send(self._call(how, headers, url)))

    def _call(self, how: str, headers: Headers, url: str = "") -> Call:
        return Call(f"ask the API {how}", "GET", url or self._target.url, headers,
                    certificate=self._target.certificate)  # fmt: skip


def _header(scheme: str, token: str) -> Headers:
    return (("Authorization", f"{scheme} {token}"),)


def _status(answer: Answer) -> str:
    return str(answer.status) if answer.status else "not at all, and breaks off"


def _skipped(target: Target, parts: Parts | None) -> Iterator[str]:
    if parts is None:
        yield "forgeries: the token is opaque, or encrypted"
    elif not target.keys:
        yield "key-confusion: give the issuer's keys (--jwks)"
    if parts is not None and target.listener is None:
        yield "foreign-keys, fetches: give an address of yours that the API can reach (--listen)"
    for kind in (weakness.EXPIRED, weakness.AUDIENCE, weakness.ID_TOKEN, weakness.REVOKED):
        if kind not in [its for its, _ in target.refused]:
            yield f"{kind.id}: give such a token (--{kind.id})"
    bound = parts.claims.get("cnf") if parts is not None else None
    if target.proof_key is None and isinstance(bound, dict) and "jkt" in bound:
        yield "unproven, proof-replay: the token is bound to a key (--dpop)"
    if target.certificate is None and isinstance(bound, dict) and "x5t#S256" in bound:
        yield "unbound: the token is bound to a certificate (--cert)"


def first_of_each(found: list[Found]) -> tuple[Found, ...]:
    """One door open in four ways is one finding."""
    first: dict[str, Found] = {}
    for one in found:
        first.setdefault(one.weakness.id, one)
    return tuple(sorted(first.values(), key=lambda one: -one.weakness.level))

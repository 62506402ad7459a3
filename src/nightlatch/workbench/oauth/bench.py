"""The bench: a desk for each session, with a server, a client, and flows on their way.

All of it is in memory and ends by itself: nothing is stored, and nobody finds another's desk.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct, field

from nightlatch.identity.jose.verify import MAX_TOKEN
from nightlatch.identity.jwt import read_token
from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.client import Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.metadata import Metadata
from nightlatch.workbench.oauth.flows.sealed import is_sealed
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play
from nightlatch.workbench.oauth.flows.tokens import Tokens
from nightlatch.workbench.oauth.flows.workspace import Workspace
from nightlatch.workbench.oauth.run import Manner, Run

MAX_DESKS = 32
"""The one that was left alone longest goes first."""
MAX_GOING = 4
"""Flows of one session that are on their way at once."""
MAX_GOING_IN_ALL = 16
MAX_KEPT = 12
"""Flows of one session, with those that are over; of these the oldest is forgotten first."""
MAX_HELD = 8
"""Sets of tokens of one session; the oldest are forgotten first."""
IDLE = 3_600.0
"""Seconds until a desk that nobody uses is forgotten with all its secrets."""
OFF = "this installation's workbench may not call servers (workbench.network): ask whoever runs it"


class Held(Struct, frozen=True):
    """Tokens that a flow got, at hand for the next one. Its `repr` has none."""

    run: str
    title: str
    at: float
    issuer: str
    """Of the server at which the flow was played."""
    tokens: Tokens


class Desk(Struct):
    """What one session works with. Its `repr` has no secrets; its members do."""

    touched: float
    metadata: Metadata | None = None
    place: str = ""
    """As it was typed: issuer, address or account."""
    remarks: tuple[str, ...] = ()
    """On the server's metadata."""
    registration: Registration = Registration("")
    secrets: Secrets = Secrets()
    authority: str = ""
    flows: dict[str, dict[str, str]] = field(default_factory=dict)
    """More parameters of each flow's request."""
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was last chosen for each flow, without secrets."""
    asks: bool = True
    held: list[Held] = field(default_factory=list)
    """The newest first."""
    runs: dict[str, Run] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Desk({self.place!r}, {len(self.runs)} flows)"

    def client(self, clock: Callable[[], float]) -> Client:
        """Without a server it can still call an API."""
        return Client(self.metadata or Metadata("", {}), self.registration, self.secrets, clock)

    def workspace(self) -> Workspace:
        """What may be kept and shared. Raises FlowFault where there is nothing yet."""
        place = self.metadata.issuer if self.metadata else self.place
        if not place:
            raise FlowFault("there is nothing to keep yet: name a server first")
        return Workspace(place, self.registration, self.flows, self.choices)

    def open(self, kept: Workspace) -> None:
        """Take up what was kept. The secrets were another client's, and go."""
        self.place, self.metadata, self.remarks = kept.place, None, ()
        self.registration = kept.registration or Registration("")
        self.secrets, self.flows, self.choices = Secrets(), dict(kept.flows), dict(kept.choices)

    def use(self, metadata: Metadata, remarks: tuple[str, ...] = (), place: str = "") -> None:
        """Speak to this server, found at `place`."""
        known = self.metadata.issuer if self.metadata else self.place
        if known and known not in (metadata.issuer, place):
            # A secret goes to the server that it was typed for, and to no other.
            self.secrets = Secrets()
        self.metadata, self.remarks, self.place = metadata, remarks, place or metadata.issuer


class Bench:
    """All desks. `network` says whether flows may call servers at all."""

    def __init__(self, clock: Callable[[], float], *, network: bool = True,
                 life: float = Manner().life) -> None:  # fmt: skip
        self.network = network
        self.clock = clock
        self._life = life
        self._desks: dict[str, Desk] = {}
        self._sweeps: asyncio.AbstractEventLoop | None = None
        """In which the next sweep is due."""

    @property
    def unasked(self) -> str:
        """Why no server is asked for anything, in words; "" where they may be."""
        return "" if self.network else OFF

    def desk(self, owner: str) -> Desk:
        """The session's own, made when it is first asked for. Within a running loop."""
        now = self.clock()
        self._forget_idle(now)
        self._sweep_later()
        desk = self._desks.pop(owner, None) or Desk(now)
        desk.touched = now
        while len(self._desks) >= MAX_DESKS:
            self.forget(next(iter(self._desks)))
        # At the end: whoever was here last goes last.
        self._desks[owner] = desk
        return desk

    def run(self, owner: str, run_id: str) -> Run | None:
        """None where it is another session's, or is forgotten."""
        return self.desk(owner).runs.get(run_id)

    def start(
        self, owner: str, name: str, title: str, flow: Play[Any], *, asks: bool,
        polls: bool = False, issuer: str = "",
    ) -> Run:  # fmt: skip
        """Within a running loop. Raises FlowFault where there is no more room, or no network."""
        desk = self.desk(owner)
        self._check_room(desk)
        manner = Manner(asks, polls, desk.authority, self._life)
        run = Run(name, title, self.clock(), manner, issuer)
        _make_room(desk)
        desk.runs[run.id] = run
        run.start(flow, lambda ended: _hold(desk, ended, self.clock()))
        return run

    def take(self, pairs: Pairs) -> bool:
        """What a browser brought, to the flow that waits for it: once. False where none does."""
        state, sealed = _state(pairs), _sealed(pairs)
        # Every flow is compared, so that the time tells nothing about which one matched.
        found = [
            run
            for run in self._runs()
            if run.expects(state or _state_within(run.unsealed(sealed) if sealed else ""))
        ]
        for run in found[:1]:
            run.bring(pairs)
        return bool(found)

    def forget(self, owner: str) -> None:
        """The session's secrets, tokens and flows; what is on its way is stopped."""
        desk = self._desks.pop(owner, None)
        for run in desk.runs.values() if desk else ():
            run.stop()

    def _runs(self) -> Iterator[Run]:
        for desk in self._desks.values():
            yield from desk.runs.values()

    def _check_room(self, desk: Desk) -> None:
        if self.unasked:
            raise FlowFault(self.unasked)
        if sum(not run.over for run in desk.runs.values()) >= MAX_GOING:
            raise FlowFault(f"{MAX_GOING} of your flows are on their way: end one of them first")
        if sum(not run.over for run in self._runs()) >= MAX_GOING_IN_ALL:
            raise FlowFault("too many flows of other sessions are on their way: try again later")

    def _sweep_later(self) -> None:
        """Secrets go in time even where nobody comes again."""
        loop = asyncio.get_running_loop()
        if self._sweeps is not loop:
            self._sweeps = loop
            loop.call_later(IDLE / 10, self._sweep)

    def _sweep(self) -> None:
        self._sweeps = None
        self._forget_idle(self.clock())
        if self._desks:
            self._sweep_later()

    def _forget_idle(self, now: float) -> None:
        for owner in [owner for owner, desk in self._desks.items() if now - desk.touched > IDLE]:
            self.forget(owner)


def _make_room(desk: Desk) -> None:
    """At most MAX_GOING are on their way: one that is over can go."""
    over = [run.id for run in desk.runs.values() if run.over]
    for run_id in over[: max(0, len(desk.runs) - MAX_KEPT + 1)]:
        del desk.runs[run_id]


def _hold(desk: Desk, run: Run, now: float) -> None:
    result = run.played.result if run.played else None
    if isinstance(result, Tokens):
        desk.held = [Held(run.id, run.title, now, run.issuer, result), *desk.held][:MAX_HELD]


def _state(pairs: Pairs) -> str:
    """Of a signed answer (JARM) it is within: read without belief, to know whose answer it is."""
    given = dict(reversed(pairs))
    return given.get("state") or _state_within(given.get("response", ""))


def _state_within(response: str) -> str:
    token = read_token(response) if response else None
    return token.text_claim("state") if token else ""


def _sealed(pairs: Pairs) -> str:
    """The answer that is encrypted to a client, if it is one; "" otherwise."""
    response = dict(reversed(pairs)).get("response", "")
    return response if is_sealed(response) and len(response) <= MAX_TOKEN else ""

"""One flow on its way: what it waits for, what was sent, and what became of it."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Call, Pairs, edited
from nightlatch.workbench.oauth.flows.drive import Hands, Played, play
from nightlatch.workbench.oauth.flows.log import Sent
from nightlatch.workbench.oauth.flows.steps import FlowFault, Invite, Play, Visit

if TYPE_CHECKING:
    from nightlatch.workbench.oauth.flows.network import Network

log = logging.getLogger("nightlatch.workbench")
_STOPPED: Played[Any] = Played(None, "stopped: nothing more is sent")
Ended = Callable[["Run"], None]


class Stage(StrEnum):
    """What happens next, and by whom."""

    WORKING = "working"
    """The server answers, or the flow thinks."""
    APPROVAL = "approval"
    """A person looks at the next request."""
    BROWSER = "browser"
    """The browser is away."""
    ELSEWHERE = "elsewhere"
    """A person confirms on another device."""
    DONE = "done"
    FAILED = "failed"


class Manner(Struct, frozen=True):
    """How a flow is to be played."""

    asks: bool = True
    """Each request is shown first, and waits."""
    polls: bool = False
    """It asks the same again and again: shown once."""
    authority: str = ""
    """A PEM file of who vouches for servers."""
    life: float = 1_800.0
    """Seconds until it is ended, wherever it is."""


class Run:
    """Belongs to one event loop. Its `repr` has no secrets; its members do."""

    def __init__(
        self, name: str, title: str, started: float, manner: Manner, issuer: str = ""
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self.name = name
        self.title = title
        self.started = started
        self.issuer = issuer
        """Of the server that it was started for; "" where there was none."""
        self.asks = manner.asks
        self.call: Call | None = None
        """Waits for a person's yes."""
        self.visit: Visit | None = None
        """Waits for the browser."""
        self.invite: Invite | None = None
        self.notes: list[str] = []
        self.played: Played[Any] | None = None
        self.sent: Sequence[Sent] = ()
        self.version = 0
        self.turn = 0
        """Number of the question that waits, or waited last."""
        self._manner = manner
        self._pausing = False
        self._approved: set[str] = set()
        self._reply: asyncio.Future[Any] | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[Played[Any]] | None = None

    def __repr__(self) -> str:
        return f"Run({self.name!r}, {self.stage})"

    @property
    def stage(self) -> Stage:
        if self.played is not None:
            return Stage.FAILED if self.played.fault else Stage.DONE
        if self.call is not None:
            return Stage.APPROVAL
        if self.visit is not None:
            return Stage.BROWSER
        return Stage.ELSEWHERE if self._pausing and self._manner.polls else Stage.WORKING

    @property
    def authority(self) -> str:
        """A PEM file of who vouches for servers."""
        return self._manner.authority

    @property
    def over(self) -> bool:
        return self.played is not None

    def start(self, flow: Play[Any], ended: Ended) -> None:
        """Within a running loop; `ended` is told when it is over."""

        def over(task: asyncio.Task[Played[Any]]) -> None:
            # Not within the task: one that is stopped before its first step never runs at all.
            flow.close()
            self.played = _STOPPED if task.cancelled() else task.result()
            self.call = self.visit = self.invite = None
            ended(self)
            self._touch()

        self._task = asyncio.create_task(self._carried_out(flow))
        self._task.add_done_callback(over)

    def approve(self, text: str = "", turn: int | None = None) -> None:
        """Send it: as it is, or as it was rewritten. Raises Misspelt; FlowFault if it is gone, or
        was another's `turn`: a second press is not meant for what came next."""
        if self.call is None or turn not in (None, self.turn):
            raise FlowFault("this request was sent already, or the flow has ended")
        rewritten = _lines(text) if text else ""
        same = not rewritten or rewritten == _lines(self.call.as_text())
        self._answer(self.call if same else edited(self.call, rewritten))

    def let_go(self) -> None:
        """Send this and all that follows without asking."""
        self.asks = False
        if self.call is not None:
            self._answer(self.call)

    def expects(self, state: str) -> bool:
        """Does the browser that it sent away come back with this? In constant time."""
        if self.visit is None or not self.visit.state:
            return False
        return hmac.compare_digest(self.visit.state.encode(), state.encode("utf-8", "replace"))

    def unsealed(self, response: str) -> str:
        """An encrypted answer, opened with the key of the flow that waits; "" where it cannot."""
        opens = self.visit.unseal if self.visit is not None else None
        return opens(response) if opens is not None else ""

    def bring(self, pairs: Pairs, turn: int | None = None) -> None:
        """What the browser came back with. Raises FlowFault where none is away, or on another
        `turn`."""
        if self.visit is None or turn not in (None, self.turn):
            raise FlowFault("no browser is away for this flow: it went on, or has ended")
        self._answer(pairs)

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def finished(self, patience: float) -> bool:
        """Whether it is over within so many seconds."""
        try:
            async with asyncio.timeout(patience):
                while not self.over:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def changed(self, version: int, patience: float) -> bool:
        """Whether there is something newer than that within so many seconds."""
        if self.version == version:
            try:
                await asyncio.wait_for(self._changed.wait(), patience)
            except TimeoutError:
                return False
        return True

    async def _carried_out(self, flow: Play[Any]) -> Played[Any]:
        try:
            async with asyncio.timeout(self._manner.life):
                return await self._played(flow)
        except TimeoutError:
            minutes = self._manner.life / 60
            return Played(None, f"nothing ended it within {minutes:.0f} minutes: start again")
        except Exception:
            # Nobody awaits this task: what is wrong with us must be told here.
            log.exception("A flow of the workbench broke: %s", self.name)
            return Played(None, "Nightlatch broke off, which its log tells more about")

    async def _played(self, flow: Play[Any]) -> Played[Any]:
        loaded = await asyncio.to_thread(_network)
        async with loaded(authority=self._manner.authority) as network:
            self.sent = network.sent
            hands = Hands(self._visit, self._before, self._invite, self._tell, self._wait)
            return await play(flow, network, hands)

    async def _before(self, call: Call) -> Call:
        self._pausing = False
        if not self.asks or (self._manner.polls and call.purpose in self._approved):
            self._touch()
            return call
        self.call = call
        chosen: Call = await self._asked()
        self._approved.add(call.purpose)
        return chosen

    async def _visit(self, step: Visit) -> Pairs:
        self.visit = step
        pairs: Pairs = await self._asked()
        return pairs

    async def _wait(self, seconds: float) -> None:
        self._pausing = True
        self._touch()
        await asyncio.sleep(seconds)

    def _invite(self, step: Invite) -> None:
        self.invite = step
        self._touch()

    def _tell(self, text: str) -> None:
        self.notes.append(text)
        self._touch()

    async def _asked(self) -> Any:
        self._reply = asyncio.get_running_loop().create_future()
        self.turn += 1
        self._touch()
        try:
            return await self._reply
        finally:
            self._reply = self.call = self.visit = None
            self._touch()

    def _answer(self, value: Call | Pairs) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(value)
        # At once, so that a second press finds nothing to answer.
        self.call = self.visit = None
        self._touch()

    def _touch(self) -> None:
        self.version += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _network() -> "type[Network]":
    """In a thread: it loads the HTTP client, which takes a while, and which a console without flows
    has no need of."""
    from nightlatch.workbench.oauth.flows.network import Network

    return Network


def _lines(text: str) -> str:
    """A browser ends each line of a form's text with two characters."""
    return text.replace("\r\n", "\n")

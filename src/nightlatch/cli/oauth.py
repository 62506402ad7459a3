"""`nightlatch oauth`: OAuth 2 and OpenID Connect, played and served on one's own machine."""

import typer

oauth = typer.Typer(help="Play OAuth and OpenID Connect flows, server-side.", no_args_is_help=True)

"""The settings of whose tokens are verified, and by what."""

from typing import Annotated

from msgspec import Meta, Struct

Names = tuple[str, ...]


class TokenIssuer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody whose tokens this API takes, as a table in the file."""

    issuer: str = ""
    """Exactly as `iss` has it; empty: of tokens that name none."""
    keys: str = ""
    """Address of a key set or of metadata, or a file (JWK, JWK set, PEM); empty: by discovery, from
    the issuer's own address."""
    secret_file: str = ""
    """File with the shared secret of HMAC; the secret itself never stands in settings."""
    secret_env: str = ""
    """The environment variable that holds it."""
    audiences: str | Names = ()
    """Of which a token must name one; empty: any."""


class Tokens(Struct, frozen=True, kw_only=True):
    issuers: Annotated[
        tuple[TokenIssuer, ...],
        Meta(
            description="Whose tokens are verified: `[[tokens.issuers]]` with issuer, and keys, "
            "secret_file or secret_env, and audiences. In the environment as JSON."
        ),
    ] = ()
    guess: Annotated[
        bool,
        Meta(
            description="Try, in the background and once for each key, whether accepted tokens are "
            "signed with a secret that is in a list of common ones."
        ),
    ] = True
    words: Annotated[
        str, Meta(description="File of further secrets to try, one a line, the likeliest first.")
    ] = ""

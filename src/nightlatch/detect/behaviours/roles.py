"""What a principal claims to be: the roles and scopes in its token, or the kind of its credential.

Nothing in a token is believed for a right: a forged role only puts its bearer among people whose
calls are known, and the application has let the token pass.
"""

from typing import Any

from nightlatch.exchange.credential import Credential, CredentialKind
from nightlatch.exchange.exchange import Request
from nightlatch.identity.jwt import read_token

_CLAIMS = frozenset({"role", "roles", "scope", "scp", "groups", "group", "permissions"})
_NESTED = frozenset({"realm_access", "resource_access", "app_metadata", "user_metadata"})
_MOST_NAMES = 8
_LONGEST = 40
_CACHED = 8_192


class Roles:
    """Roles by credential. At most 8,192; full, it starts over."""

    def __init__(self) -> None:
        self._roles: dict[str, str] = {}

    def role(self, credentials: tuple[Credential, ...], request: Request) -> str:
        """In words: "role admin, support", or "bearer credentials" where no claim says more.
        0.2 µs for a credential seen before."""
        first = credentials[0]
        digest = first.digest
        role = self._roles.get(digest)
        if role is None:
            role = _claimed(request) if first.kind is CredentialKind.BEARER_JWT else ""
            role = role or f"{first.kind.value} credentials"
            if len(self._roles) >= _CACHED:
                self._roles.clear()
            self._roles[digest] = role
        return role


def _claimed(request: Request) -> str:
    for value in request.headers.get_all(b"authorization"):
        token = read_token(value.rpartition(" ")[2])
        if token is not None and token.claims is not None:
            return _words(token.claims)
    return ""


def _words(claims: dict[str, Any]) -> str:
    names = set(_names(claims))
    for name in _NESTED & claims.keys():
        nested = claims[name]
        if type(nested) is dict:
            names.update(_names(nested))
    if not names:
        return ""
    return f"role {', '.join(sorted(names)[:_MOST_NAMES])}"


def _names(claims: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for claim, value in claims.items():
        # Auth0 names them by a URL: "https://example.com/roles"; Cognito "cognito:groups".
        if claim.replace(":", "/").rpartition("/")[2] not in _CLAIMS:
            continue
        values = value.split() if type(value) is str else value
        if type(values) is list:
            found += [one[:_LONGEST] for one in values[:_MOST_NAMES] if type(one) is str and one]
    return found

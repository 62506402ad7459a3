"""Rules about a token's claims (RFC 7519, 8725, 9068)."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from nightlatch.exchange.identifiers import identifier_kind
from nightlatch.exchange.judgement import Level
from nightlatch.identity.jose.claims import LEEWAY
from nightlatch.identity.lint.look import Look, number_of
from nightlatch.identity.lint.rule import Rule

_EMAIL = re.compile(r"[^@\s]{1,128}@[^@\s]{1,255}\.[^@\s]+")
_PHONE = re.compile(r"\+\d[\d ()-]{6,20}")
_SECRETS = ("password", "passwd", "pwd", "secret", "ssn", "card_number", "pin")
_NAMES = frozenset(
    {"name", "full_name", "given_name", "family_name", "middle_name", "first_name", "last_name"}
    | {"birthdate", "date_of_birth"}
)
_REGISTERED = frozenset(
    {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "azp", "client_id"}
)
_BROAD = frozenset({"*", "admin", "root", "all", "superuser", "full_access", "user:*", "*:*"})
_ID_TOKEN = ("nonce", "at_hash", "c_hash", "auth_time")


def _no_expiry(look: Look) -> Iterator[str]:
    if look.token.claims is not None and "exp" not in look.claims:
        yield "exp is missing: the token is good for ever"


def _times(look: Look) -> Iterator[str]:
    for name in ("exp", "iat", "nbf"):
        if name in look.claims and number_of(look.claims[name]) is None:
            yield f"{name} is not a date"


def _lifetime(look: Look) -> Iterator[str]:
    issued, expires = number_of(look.claims.get("iat")), number_of(look.claims.get("exp"))
    if issued is not None and expires is not None and expires - issued > look.max_lifetime:
        yield f"the token is good for {(expires - issued) / 3_600:,.1f} hours"


def _subject(look: Look) -> Iterator[str]:
    subject = look.claims.get("sub")
    if subject is not None and not isinstance(subject, str):
        yield "sub is not text"
    elif subject and _EMAIL.fullmatch(subject):
        yield "sub is an e-mail address, which anyone who sees the token can read"
    elif subject and _PHONE.fullmatch(subject):
        yield "sub is a telephone number, which anyone who sees the token can read"


def _secrets(look: Look) -> Iterator[str]:
    for name in look.claims:
        if name.lower() in _SECRETS:
            yield f"the claim {name.lower()} can be read by anyone who sees the token"


def _personal(look: Look) -> Iterator[str]:
    for name, value in look.claims.items():
        if name in _REGISTERED or not isinstance(value, str | int) or isinstance(value, bool):
            continue
        kind = identifier_kind(name, value)
        what = "a person's name or birthday" if name.lower() in _NAMES else ""
        if kind is not None and kind.personal:
            what = f"personal data ({kind.value})"
        if what and value != "":
            yield f"the claim {name[:40]} holds {what}, which anyone who sees it can read"


def _audience(look: Look) -> Iterator[str]:
    if look.token.claims is None:
        return
    audience = look.claims.get("aud")
    if audience is None:
        yield "aud is missing: any of the issuer's services will take it"
    elif isinstance(audience, list) and len(audience) > 1:
        yield f"aud names {len(audience)} services: each can use it against the others"


def _issuer(look: Look) -> Iterator[str]:
    if look.token.claims is None:
        return
    issuer = look.claims.get("iss")
    if issuer is None:
        yield "iss is missing"
    elif not isinstance(issuer, str):
        yield "iss is not text"
    elif urlsplit(issuer).scheme == "http":
        yield "iss is a plain http address"


def _issued(look: Look) -> Iterator[str]:
    if look.token.claims is not None and "iat" not in look.claims:
        yield "iat is missing"
    issued = number_of(look.claims.get("iat"))
    if issued is not None and look.now is not None and issued > look.now + LEEWAY:
        yield "iat is in the future: it was made early, or a clock is wrong"


def _token_id(look: Look) -> Iterator[str]:
    if look.token.claims is not None and "jti" not in look.claims:
        yield "jti is missing: a replay cannot be told from a first use, nor one token revoked"


def _scope(look: Look) -> Iterator[str]:
    given = look.claims.get("scope") or look.claims.get("scp")
    scopes = given.split() if isinstance(given, str) else given if isinstance(given, list) else []
    broad = sorted(_BROAD.intersection(one for one in scopes if isinstance(one, str)))
    if broad:
        yield f"the scope is everything ({', '.join(broad)})"


def _id_token(look: Look) -> Iterator[str]:
    found = [name for name in _ID_TOKEN if name in look.claims]
    if found and str(look.token.header.get("typ", "")).lower() != "id_token+jwt":
        yield f"it looks like an ID token ({', '.join(found)}), which is for the client alone"


CLAIM_RULES = (
    Rule(
        "no-expiry", Level.MEDIUM, "The token never expires", "RFC 7519, section 4.1.4",
        "Set exp, an hour ahead at most for an access token.", _no_expiry, live=True,
    ),
    Rule(
        "times", Level.MEDIUM, "A time is no time", "RFC 7519, section 2",
        "Write times as numbers of seconds since 1970.", _times, live=True,
    ),
    Rule(
        "lifetime", Level.LOW, "The token lives long", "RFC 9068, section 6",
        "Give access tokens minutes, and refresh them.", _lifetime,
    ),
    Rule(
        "subject", Level.MEDIUM, "The subject is no opaque name", "RFC 7519, section 12",
        "Put an id into sub that means nothing elsewhere.", _subject, live=True,
    ),
    Rule(
        "secret-claims", Level.HIGH, "A secret is in the claims", "RFC 7519, section 12",
        "Take it out: a token is signed and not hidden.", _secrets, live=True,
    ),
    Rule(
        "personal-claims", Level.MEDIUM, "Personal data is in the claims", "RFC 7519, section 12",
        "Leave it on the server, or encrypt the token (JWE).", _personal,
    ),
    Rule(
        "audience", Level.LOW, "The token is not for one service", "RFC 8725, section 3.9",
        "Name one service in aud, and let it check that.", _audience,
    ),
    Rule(
        "issuer", Level.LOW, "Who issued it is not said well", "RFC 8725, section 3.8",
        "Set iss to the issuer's https address, and check it.", _issuer,
    ),
    Rule(
        "issued-at", Level.LOW, "When it was issued is not said, or cannot be",
        "RFC 9068, section 2.2", "Set iat to the moment of signing.", _issued,
    ),
    Rule(
        "token-id", Level.LOW, "The token has no name", "RFC 9068, section 2.2", "Set jti.",
        _token_id,
    ),
    Rule(
        "scope", Level.MEDIUM, "The token may do everything", "RFC 9700, section 2.3",
        "Grant the scopes that the client needs.", _scope,
    ),
    Rule(
        "id-token", Level.MEDIUM, "An ID token where an access token belongs",
        "RFC 9068, section 5; OpenID Connect Core, section 2",
        "Send access tokens to APIs; ID tokens stay with the client.", _id_token,
    ),
)  # fmt: skip

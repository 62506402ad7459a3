"""What a request tries: somebody's account, with a guess at what opens it.

Names decide, as in the redactor: a password, PIN or one-time code beside whatever names an account.
Neither is kept: accounts and guesses are compared by their hashes under a key of this process.
"""

import os
from enum import Enum, auto
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from nightlatch.detect.behaviour import Sighting
from nightlatch.exchange.content import ContentKind, Leaf
from nightlatch.exchange.credential import Credential, CredentialKind
from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.identifiers import canonical, identifier_kind
from nightlatch.exchange.masking import mask_addresses, mask_digits, mask_identifier
from nightlatch.exchange.names import name_words, word_set

MAX_FIELDS = 64
"""Of a body, in order; log-ins are small."""
_MAX_DEPTH = 3
_MAX_VALUE = 512
_CACHED = 4_096
_KEY = os.urandom(32)

_PASSWORDS = word_set("password passwd pwd pass passphrase passwort passcode kennwort contrasena")
_CODES = word_set("otp totp tan pin mfa 2fa pincode smscode onetimecode verificationcode authcode")
_CODE_OWNERS = word_set("""
    verification verify confirmation confirm security sms email mail phone mfa otp totp auth login
    one time two factor second fa reset recovery backup access activation authentication pin user
    passwordless challenge""")
"""Words before "code" that make it one that somebody was sent or shown."""
_ACCOUNTS = word_set("""
    user username login email mail phone mobile msisdn telephone account identifier identity handle
    customer member principal nickname cellphone emailaddress phonenumber userid accountid
    customerid memberid vin""")
_TRANSACTIONS = word_set("challenge transaction session state flow ticket token request mfa")
"""First words of names that tell which of several open log-ins a code belongs to."""
_NEW = word_set("new confirm confirmation repeat repeated again old current verify retype first")
_REGISTERS = word_set(
    "register registration signup signups enrol enroll enrollment onboarding join"
)
_OPENS = word_set("""
    login logins signin auth authenticate authentication authorize session sessions token tokens
    oauth oauth2 otp totp mfa 2fa verify verification verifications code codes challenge confirm
    confirmation password passwords reset recover recovery unlock pin activate sso logon""")


class Guess(Enum):
    PASSWORD = auto()
    CODE = auto()
    """A one-time code or PIN: few enough to try them all."""


class Attempt(Struct, frozen=True, gc=False):
    account: bytes
    """8 bytes of a keyed hash."""
    guess: bytes
    kind: Guess
    name: str
    """The account as it was given; `masked` is what may be shown."""

    @property
    def masked(self) -> str:
        name = self.name[:_MAX_VALUE]
        if "@" in name:
            return mask_addresses(name)
        return mask_digits(name) if name.lstrip("+").isdecimal() else mask_identifier(name)

    def __repr__(self) -> str:
        return f"Attempt({self.kind.name}, •••)"


class _Role(Enum):
    ACCOUNT = auto()
    TRANSACTION = auto()
    PASSWORD = auto()
    CODE = auto()
    BARE_CODE = auto()
    """`code`, `token`: of a log-in only at a path that says so."""
    NEW_PASSWORD = auto()


class _Fields(Struct):
    account: str = ""
    transaction: str = ""
    password: str = ""
    code: str = ""
    bare: str = ""
    renewed: bool = False


def read_attempt(sighting: Sighting) -> Attempt | None:
    """The attempt in this request, or None. 0.2 µs where there is no body and no Basic credential,
    2 µs for a small body without a secret, 6 µs for a log-in."""
    exchange = sighting.exchange
    if sighting.request.kind is ContentKind.EMPTY and not sighting.query:
        return _basic(exchange.credentials) if exchange.credentials else None
    fields = _read(sighting)
    if fields is None:
        return _basic(exchange.credentials) if exchange.credentials else None
    words = path_words(exchange.endpoint.template)
    return None if words & _REGISTERS else _tried(fields, words, sighting)


def registers(template: str) -> bool:
    """Whether a path is one where people make themselves an account."""
    return bool(path_words(template) & _REGISTERS)


def asker(caller: Caller) -> str:
    """The circle that counts as one caller where nothing is proven yet: the pass it paid for, or
    its address."""
    circles = caller.circles
    if circles[0].startswith("pass:"):
        return circles[0]
    for circle in circles:
        if circle.startswith("address:"):
            return circle
    return circles[0]


def path_words(template: str) -> frozenset[str]:
    """The words of a template's fixed segments, compounds both whole and apart. Cached."""
    words = _paths.get(template)
    if words is None:
        if len(_paths) >= _CACHED:
            _paths.clear()
        found: set[str] = set()
        for segment in template.lower().split("/"):
            if "{" not in segment:
                parts = name_words(segment)
                found.update(parts, ("".join(parts),))
        words = _paths[template] = frozenset(found)
    return words


def digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=_KEY).digest()


_paths: dict[str, frozenset[str]] = {}
_roles: dict[str, _Role | None] = {}


def _read(sighting: Sighting) -> _Fields | None:
    """The fields of interest; None without a guess among them."""
    found: _Fields | None = None
    content = sighting.request
    if content.kind is ContentKind.JSON:
        if type(content.value) is dict:
            found = _read_object(content.value, found, _MAX_DEPTH)
    elif content.fields:
        found = _read_leaves(content.fields, found)
    if sighting.query:
        found = _read_leaves(sighting.query, found)
    return found if found and (found.password or found.code or found.bare) else None


def _read_object(members: dict[str, Any], found: _Fields | None, depth: int) -> _Fields | None:
    for seen, (name, value) in enumerate(members.items()):
        if seen >= MAX_FIELDS:
            break
        kind = type(value)
        if kind is str or kind is int:
            role = _roles[name] if name in _roles else _learn(name)
            if role is not None:
                found = _take(found or _Fields(), role, str(value) if kind is int else value)
        elif kind is dict and depth > 1:
            found = _read_object(value, found, depth - 1)
    return found


def _read_leaves(leaves: tuple[Leaf, ...], found: _Fields | None) -> _Fields | None:
    for leaf in leaves[:MAX_FIELDS]:
        name = leaf.name
        role = _roles[name] if name in _roles else _learn(name)
        if role is not None:
            found = _take(found or _Fields(), role, str(leaf.value))
    return found


def _take(found: _Fields, role: _Role, value: str) -> _Fields:
    if not value or len(value) > _MAX_VALUE:
        return found
    match role:
        case _Role.ACCOUNT:
            # The first that names somebody: `email` before a `login_hint`.
            found.account = found.account or value
        case _Role.TRANSACTION:
            found.transaction = found.transaction or value
        case _Role.PASSWORD:
            found.renewed = found.renewed or bool(found.password)
            found.password = found.password or value
        case _Role.CODE:
            found.code = found.code or value
        case _Role.BARE_CODE:
            if _is_code(value):
                found.bare = found.bare or value
            else:
                found.transaction = found.transaction or value
        case _Role.NEW_PASSWORD:
            found.renewed = True
    return found


def _tried(fields: _Fields, words: frozenset[str], sighting: Sighting) -> Attempt | None:
    opens = bool(words & _OPENS)
    # A bare `code` may be a voucher's or a country's: the path has to say that it opens something.
    code = fields.code if _is_code(fields.code) and (opens or fields.account) else ""
    code = code or (fields.bare if opens else "")
    if code:
        name = fields.account or _in_path(sighting) or fields.transaction or _proven(sighting)
        return _attempt(name, code, Guess.CODE) if name else None
    # Whoever chooses a password does not guess one.
    if not fields.password or fields.renewed:
        return None
    name = fields.account or _in_path(sighting) or (_proven(sighting) if opens else "")
    return _attempt(name, fields.password, Guess.PASSWORD) if name else None


def _attempt(name: str, guess: str, kind: Guess) -> Attempt:
    # One account is one, however it is spelled.
    spelling = identifier_kind("login", name) or DataClass.USERNAME
    account = canonical(spelling, name)
    # The account's own name is one guess, whatever the account.
    guess = "\0own name" if guess.lower() in (account, account.partition("@")[0]) else guess
    return Attempt(digest(account), digest(guess), kind, name)


def _basic(credentials: tuple[Credential, ...]) -> Attempt | None:
    for credential in credentials:
        if credential.kind is CredentialKind.BASIC and credential.principal:
            account = credential.principal
            return Attempt(
                account[:16].encode(), credential.digest[:16].encode(), Guess.PASSWORD, account
            )
    return None


def _in_path(sighting: Sighting) -> str:
    for leaf in sighting.parameters:
        if identifier_kind(leaf.name, leaf.value) is not None:
            return str(leaf.value)
    return ""


def _proven(sighting: Sighting) -> str:
    """The caller's own credential, where the code or PIN is asked of somebody half logged in."""
    for circle in sighting.exchange.caller.circles:
        if circle.startswith(("principal:", "session:", "credential:")):
            return circle
    return ""


def _is_code(value: str) -> bool:
    """Short enough to be typed from another screen: 3 to 10 digits or letters with a digit."""
    text = value.replace("-", "").replace(" ", "")
    return 3 <= len(text) <= 10 and text.isalnum() and any(char.isdecimal() for char in text)


def _learn(name: str) -> _Role | None:
    # Names come from outside: a full table starts afresh.
    if len(_roles) >= _CACHED:
        _roles.clear()
    role = _roles[name] = _role(name_words(name))
    return role


def _role(words: tuple[str, ...]) -> _Role | None:
    if not words:
        return None
    joined, last = "".join(words), words[-1]
    if last in _PASSWORDS or joined in _PASSWORDS or joined.endswith("password"):
        return _Role.NEW_PASSWORD if _NEW & set(words) else _Role.PASSWORD
    if _NEW & set(words) and _PASSWORDS & set(words):
        return _Role.NEW_PASSWORD
    if joined in _CODES or last in _CODES:
        return _Role.CODE
    if last == "code":
        if len(words) == 1:
            return _Role.BARE_CODE
        return _Role.CODE if set(words[:-1]) <= _CODE_OWNERS else None
    if joined == "token":
        return _Role.BARE_CODE
    if joined in _ACCOUNTS or last in _ACCOUNTS:
        return _Role.ACCOUNT
    if words[0] in _TRANSACTIONS and last in {"id", "token", "session", "ticket", "flow"}:
        return _Role.TRANSACTION
    return None

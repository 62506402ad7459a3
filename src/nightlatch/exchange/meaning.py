"""What a field's name says of its value: a secret, somebody's identifier, or neither."""

import re
from collections.abc import Iterable
from enum import Enum, auto


class Meaning(Enum):
    PLAIN = auto()
    PASSWORD = auto()
    """A short secret: not even its length may be told."""
    SECRET = auto()
    """A long one: a token, a key, a session."""
    DOUBTFUL = auto()
    """`code`, `key`, `state`: a secret when the value looks like one."""
    PHONE = auto()
    IDENTIFIER = auto()
    """Of a person or record, or a person's own particulars."""
    MEASURE = auto()
    """A time, size or amount: long numbers here are not identifiers."""


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 128

_PASSWORDS = frozenset(
    {"password", "passwd", "passwort", "pwd", "pw", "pass", "passphrase", "passcode", "pin"}
    | {"otp", "totp", "cvv", "cvv2", "cvc", "cvc2", "ccv", "csc", "ssn", "mnemonic"}
)
_SECRETS = frozenset(
    {"secret", "secrets", "token", "tokens", "jwt", "bearer", "credential", "credentials", "apikey"}
    | {"session", "sessionid", "sid", "sess", "cookie", "cookies", "signature", "sig", "hmac"}
    | {"authorization", "card", "cards", "cc", "pan", "csrf", "xsrf", "csrftoken", "phpsessid"}
    | {"jsessionid", "creditcard", "cardnumber"}
)
_KEY_KINDS = frozenset(
    {"api", "access", "private", "secret", "auth", "app", "application", "client", "signing"}
    | {"encryption", "subscription", "shared", "master", "account", "license", "functions"}
)
_PASSWORD_ENDINGS = ("password", "passwd", "pwd", "passphrase", "passcode", "pincode")
_PASSWORD_PARTS = (
    *("onetimecode", "verificationcode", "securitycode", "smscode", "mfacode", "twofactorcode"),
    *("recoverycode", "backupcode", "resetcode", "seedphrase", "totpseed", "socialsecurity"),
)
_SECRET_ENDINGS = (
    *("secret", "token", "apikey", "accesskey", "privatekey", "secretkey", "authkey", "sessionid"),
    *("signature", "cardnumber", "creditcard", "credential", "credentials", "authorization"),
)
_DOUBTFUL = frozenset({"code", "key", "state", "nonce", "hash", "auth", "seed", "verifier"})
_ABOUT_SECRETS = frozenset(
    {"type", "count", "expires", "expiry", "ttl", "at", "in", "endpoint", "policy", "required"}
    | {"enabled", "supported", "scheme", "algorithm", "alg", "limit", "usage"}
)
"""Last words of names that tell about a secret and are none: `token_type`, `password_required`."""
_USAGE = frozenset({"max", "total", "prompt", "completion", "input", "output", "cached"})
"""`total_tokens` and its like count what a language model read."""

_PHONES = frozenset(
    {"phone", "phones", "mobile", "msisdn", "tel", "telephone", "cell", "cellphone", "fax"}
    | {"whatsapp", "phonenumber", "phonenumbers", "mobilenumber"}
)
_IDENTIFIER_ENDINGS = frozenset(
    {"id", "ids", "uuid", "guid", "ulid", "iban", "passport", "username", "login", "userid"}
    | {"email", "emails", "mail"}
    | {
        "surname",
        "firstname",
        "lastname",
        "fullname",
        "nickname",
        "birth",
        "birthday",
        "birthdate",
        "dob",
    }
    | {"address", "street", "accountid", "deviceid", "imei", "identifier", "account"}
)
_PERSONAL_NAMES = frozenset({"first", "last", "full", "given", "family", "middle", "display"})
_MACHINE_IDS = frozenset({"request", "trace", "span", "correlation", "event", "message", "build"})
_MEASURES = frozenset(
    {"at", "time", "timestamp", "ts", "date", "created", "updated", "modified", "expires", "exp"}
    | {"iat", "nbf", "since", "until", "ms", "us", "ns", "epoch", "duration", "size", "bytes"}
    | {"length", "total", "count", "amount", "expiry", "offset"}
)


def spelled_alike(name: str) -> str:
    """One spelling for `api_key`, `apiKey`, `API-Key` and `api.key`."""
    return "".join(_WORD.findall(name[:_LONGEST])).lower()


class Vocabulary:
    """The meanings of names, the built-in ones and those an operator added as secret."""

    def __init__(self, extra_secrets: Iterable[str] = ()) -> None:
        self._extra = frozenset(spelled_alike(name) for name in extra_secrets)

    def meaning(self, name: str) -> Meaning:
        words = [word.lower() for word in _WORD.findall(name[:_LONGEST])]
        joined = "".join(words)
        if joined in self._extra:
            return Meaning.SECRET
        if not words:
            return Meaning.PLAIN
        return _secrecy(words, joined) or _identity(words, joined)


def _secrecy(words: list[str], joined: str) -> Meaning | None:
    last = words[-1]
    if len(words) > 1 and last in _ABOUT_SECRETS:
        return None
    if last == "tokens" and not _USAGE.isdisjoint(words):
        return None
    if (
        not _PASSWORDS.isdisjoint(words)
        or joined.endswith(_PASSWORD_ENDINGS)
        or any(part in joined for part in _PASSWORD_PARTS)
    ):
        return Meaning.PASSWORD
    if not _SECRETS.isdisjoint(words) or joined.endswith(_SECRET_ENDINGS):
        return Meaning.SECRET
    if last in {"key", "keys"} and not _KEY_KINDS.isdisjoint(words):
        return Meaning.SECRET
    return Meaning.DOUBTFUL if last in _DOUBTFUL else None


def _identity(words: list[str], joined: str) -> Meaning:
    last = words[-1]
    if not _PHONES.isdisjoint(words) or joined.startswith("phone"):
        return Meaning.PHONE
    if not _IDENTIFIER_ENDINGS.isdisjoint((last, joined)) and _MACHINE_IDS.isdisjoint(words):
        return Meaning.IDENTIFIER
    if last == "name" and not _PERSONAL_NAMES.isdisjoint(words):
        return Meaning.IDENTIFIER
    return Meaning.MEASURE if last in _MEASURES else Meaning.PLAIN

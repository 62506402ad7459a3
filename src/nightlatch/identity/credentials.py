"""Credentials in a request: what was presented, not whether it is any good.

The secret itself is never kept beyond this process' memory; what leaves is its keyed hash.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote_plus

from msgspec.structs import replace

from nightlatch.exchange.credential import (
    Credential,
    CredentialKind,
    CredentialPlace,
    CredentialState,
)
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers
from nightlatch.identity.credential_names import (
    API_KEY_HEADERS,
    CERTIFICATE_HEADERS,
    SESSION_HEADERS,
    SIGNATURE_HEADERS,
    cookie_kind,
    is_key_header,
    lowered,
    parameter_kind,
)
from nightlatch.identity.jwt import read_token

Found = tuple[Credential, ...]
ReadField = Callable[[str, str], Found]
"""Reads a header's (name, value)."""

_KNOWN_FIELDS = 4096
_LONGEST_KNOWN_FIELD = 4096
_KNOWN_NAMES = 1024
_MOST_PAIRS = 100
"""Cookies, or query parameters, that are looked at."""

_STRENGTH = {
    kind: rank
    for rank, kind in enumerate(
        (
            CredentialKind.MTLS,
            CredentialKind.AWS_SIGV4,
            CredentialKind.HAWK,
            CredentialKind.HMAC,
            CredentialKind.BEARER_JWT,
            CredentialKind.BEARER_OPAQUE,
            CredentialKind.DIGEST,
            CredentialKind.BASIC,
            CredentialKind.API_KEY,
            CredentialKind.SESSION,
            CredentialKind.OTHER,
        )
    )
}
_EMPTY = frozenset(
    {"", "null", "undefined", "none", "nil", "nan", "false", "(null)", "[object object]", "-"}
)
"""What programs send when a variable was not set."""
_PLACEHOLDER = re.compile(r"(?:\{\{.*\}\}|<.*>|\$\{.*\}|%s|\*+)")
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*("(?>(?:[^"\\]|\\.)*)"|[^\s,;"]++)', re.ASCII)
_BEARER = frozenset({"bearer", "token", "dpop", "jwt", "access_token"})
_KEYS = frozenset({"apikey", "api-key", "api_key", "key", "genie", "apitoken", "splunk"})
_OTHER = frozenset({"negotiate", "ntlm", "kerberos", "gnap", "vapid", "mutual"})
_SCHEMES = _OTHER | _KEYS | {"basic", "digest", "hawk", "mac", "oauth", "signature", "hmac"}
_CONCLUSIVE = frozenset({101, 304, 404, 409, 410, 412, 422})
"""Answers besides 2xx that an application gives after it has let the credential pass."""


def credential_state(credentials: Found, status: int | None) -> CredentialState:
    """What the answer says of the credentials, all of them together."""
    if not credentials:
        return CredentialState.NONE
    if status is None:
        return CredentialState.PRESENT
    if status in (401, 403):
        return CredentialState.REJECTED
    if 200 <= status < 300 or status in _CONCLUSIVE:
        return CredentialState.ACCEPTED
    return CredentialState.PRESENT


class CredentialReader:
    """Finds credentials. `api_key_names` are further headers, parameters and cookies that hold an
    API key, `session_names` those that hold a session."""

    def __init__(
        self,
        hasher: Hasher,
        api_key_names: Iterable[str] = (),
        session_names: Iterable[str] = (),
    ) -> None:
        self._hasher = hasher
        self._api_keys = lowered(api_key_names)
        self._sessions = lowered(session_names)
        self._readers: dict[bytes, ReadField | None] = self._known_headers()
        # Holds raw values, in this process' memory only. When full, it starts over.
        self._fields: dict[tuple[bytes, bytes], Found] = {}

    def read(self, request: Request) -> Found:
        """Every credential in headers, cookies and the query, strongest first."""
        readers = self._readers
        found: Found = ()
        for field in request.headers.raw:
            name = field[0]
            reader = readers[name] if name in readers else self._new_name(name)
            if reader is not None:
                known = self._fields.get(field)
                found += self._read_field(reader, field) if known is None else known
        if request.query:
            found += self._query(request.query)
        return found if len(found) < 2 else tuple(sorted(found, key=_strength))

    def read_masked(self, request: Request) -> Found:
        """The same where secrets came masked by stars: that there is a credential shows, and not
        which one, so that none of them has a digest."""
        fields = [(name, value.replace(b"*", b"x")) for name, value in request.headers.raw]
        query = request.query.replace("*", "x")
        shown = self.read(replace(request, headers=Headers(fields), query=query))
        return tuple(Credential(one.kind, one.place, one.name, "") for one in shown)

    # Which headers are read, and how

    def _known_headers(self) -> dict[bytes, ReadField | None]:
        readers: dict[bytes, ReadField | None] = {
            b"authorization": self._authorization,
            b"cookie": self._cookies,
            b"signature-input": self._message_signature,
        }
        for names, reader in (
            (API_KEY_HEADERS, self._api_key),
            (SESSION_HEADERS, self._session),
            (SIGNATURE_HEADERS, self._signature),
            (CERTIFICATE_HEADERS, self._certificate),
            ({name.encode("latin-1", "replace") for name in self._api_keys}, self._api_key),
            ({name.encode("latin-1", "replace") for name in self._sessions}, self._session),
        ):
            readers |= dict.fromkeys(names, reader)
        return readers

    def _new_name(self, name: bytes) -> ReadField | None:
        reader = self._api_key if is_key_header(name) else None
        if len(self._readers) < _KNOWN_NAMES:
            self._readers[name] = reader
        return reader

    def _read_field(self, reader: ReadField, field: tuple[bytes, bytes]) -> Found:
        name, value = field
        found = reader(name.decode("latin-1"), value.decode("latin-1").strip())
        if len(value) <= _LONGEST_KNOWN_FIELD:
            if len(self._fields) >= _KNOWN_FIELDS:
                self._fields.clear()
            self._fields[field] = found
        return found

    # Headers

    def _authorization(self, name: str, value: str) -> Found:
        scheme, _, rest = value.partition(" ")
        word, rest = scheme.lower(), rest.strip()
        if word in _BEARER:
            return self._bearer(CredentialPlace.HEADER, name, _token_of(rest))
        if not rest:
            # A scheme without anything behind it is nothing; another word is a bare token.
            bare = "" if word in _SCHEMES else value
            return self._bearer(CredentialPlace.HEADER, name, bare)
        if _is_unset(rest):
            return ()
        if word == "basic":
            return self._basic(name, rest)
        if word == "digest":
            return self._named(CredentialKind.DIGEST, name, _parameters(rest).get("username", ""))
        if word.startswith("aws4-"):
            return self._aws(CredentialPlace.HEADER, name, _parameters(rest).get("credential", ""))
        if word == "hawk":
            return self._named(CredentialKind.HAWK, name, _parameters(rest).get("id", ""))
        if word in _KEYS:
            return self._secret(CredentialKind.API_KEY, CredentialPlace.HEADER, name, rest)
        return self._other_scheme(name, word, rest, value)

    def _other_scheme(self, name: str, word: str, rest: str, value: str) -> Found:
        if "signature" in word or "hmac" in word or word in ("mac", "oauth"):
            return self._signed(name, _parameters(rest))
        if word in _OTHER or "scram" in word:
            # These sign a handshake: the value is another one each time.
            return self._secret(CredentialKind.OTHER, CredentialPlace.HEADER, name, "")
        return self._secret(CredentialKind.OTHER, CredentialPlace.HEADER, name, value)

    def _basic(self, name: str, encoded: str) -> Found:
        try:
            user, colon, _ = base64.b64decode(encoded + "==").partition(b":")
        except (binascii.Error, ValueError):
            user, colon = b"", b""
        if not colon:
            return self._secret(CredentialKind.OTHER, CredentialPlace.HEADER, name, encoded)
        credential = self._credential(
            CredentialKind.BASIC, CredentialPlace.HEADER, name, encoded, user.decode("latin-1")
        )
        return (credential,)

    def _api_key(self, name: str, value: str) -> Found:
        if _is_unset(value):
            return ()
        scheme, space, rest = value.partition(" ")
        if space and scheme.lower() in _BEARER:
            value = rest.strip()
        return self._keyed(CredentialPlace.HEADER, name, value)

    def _session(self, name: str, value: str) -> Found:
        if _is_unset(value):
            return ()
        return self._secret(CredentialKind.SESSION, CredentialPlace.HEADER, name, value)

    def _signature(self, name: str, value: str) -> Found:
        return () if _is_unset(value) else self._signed(name, _parameters(value))

    def _message_signature(self, name: str, value: str) -> Found:
        """RFC 9421: the key's name is a parameter of Signature-Input."""
        return () if _is_unset(value) else self._signed(name, _parameters(value))

    def _certificate(self, name: str, value: str) -> Found:
        if _is_unset(value):
            return ()
        parameters = _parameters(value) if "hash=" in value.lower() else {}
        identity = parameters.get("hash", value)
        return self._secret(
            CredentialKind.MTLS,
            CredentialPlace.HEADER,
            name,
            identity,
            parameters.get("subject") or identity,
        )

    def _cookies(self, _: str, value: str) -> Found:
        found: list[Credential] = []
        for pair in value.split(";", _MOST_PAIRS)[:_MOST_PAIRS]:
            name, _, secret = pair.strip().partition("=")
            found += self._cookie(name.lower(), secret.strip('" '))
        return tuple(found)

    def _cookie(self, name: str, value: str) -> Found:
        if _is_unset(value):
            return ()
        if name in self._sessions:
            return self._secret(CredentialKind.SESSION, CredentialPlace.COOKIE, name, value)
        if name in self._api_keys:
            return self._secret(CredentialKind.API_KEY, CredentialPlace.COOKIE, name, value)
        kind = cookie_kind(name)
        if kind is None:
            return ()
        if value.startswith(("eyJ", "Bearer", "bearer")):
            return self._bearer(CredentialPlace.COOKIE, name, _token_of(unquote_plus(value)))
        if kind is CredentialKind.OTHER:
            return ()
        return self._secret(kind, CredentialPlace.COOKIE, name, value)

    # The query

    def _query(self, query: str) -> Found:
        found: list[Credential] = []
        for pair in query.split("&", _MOST_PAIRS)[:_MOST_PAIRS]:
            raw, _, value = pair.partition("=")
            name = (unquote_plus(raw) if "%" in raw else raw).lower()
            if value:
                found += self._parameter(name, value)
        return tuple(found)

    def _parameter(self, name: str, raw: str) -> Found:
        place = CredentialPlace.QUERY
        if name == "x-amz-credential":
            return self._aws(place, name, unquote_plus(raw))
        if name in self._sessions:
            kind: CredentialKind | None = CredentialKind.SESSION
        elif name in self._api_keys or (name == "key" and len(raw) >= 16):
            kind = CredentialKind.API_KEY
        else:
            kind = parameter_kind(name)
        if kind is None:
            return ()
        value = unquote_plus(raw)
        if _is_unset(value):
            return ()
        if kind is CredentialKind.SESSION:
            return self._secret(kind, place, name, value)
        return self._keyed(place, name, value)

    # Making credentials

    def _bearer(self, place: CredentialPlace, name: str, value: str) -> Found:
        if _is_unset(value):
            return ()
        return self._jwt(place, name, value) or self._secret(
            CredentialKind.BEARER_OPAQUE, place, name, value
        )

    def _keyed(self, place: CredentialPlace, name: str, value: str) -> Found:
        return self._jwt(place, name, value) or self._secret(
            CredentialKind.API_KEY, place, name, value
        )

    def _jwt(self, place: CredentialPlace, name: str, value: str) -> Found:
        token = read_token(value) if value.count(".") >= 1 else None
        if token is None:
            return ()
        subject = token.text_claim("sub")
        # Two issuers may each have a user 17.
        principal = f"{token.text_claim('iss')}\n{subject}" if subject else ""
        return self._secret(CredentialKind.BEARER_JWT, place, name, value, principal)

    def _aws(self, place: CredentialPlace, name: str, scope: str) -> Found:
        """The signature differs each time; the access key's id stays."""
        key_id = scope.partition("/")[0]
        if not key_id:
            return ()
        return self._secret(CredentialKind.AWS_SIGV4, place, name, key_id, key_id)

    def _signed(self, name: str, parameters: dict[str, str]) -> Found:
        key_id = ""
        for parameter in ("keyid", "id", "oauth_token", "oauth_consumer_key", "username", "client"):
            key_id = key_id or parameters.get(parameter, "")
        return self._named(CredentialKind.HMAC, name, key_id)

    def _named(self, kind: CredentialKind, name: str, identity: str) -> Found:
        return self._secret(kind, CredentialPlace.HEADER, name, identity, identity)

    def _secret(
        self,
        kind: CredentialKind,
        place: CredentialPlace,
        name: str,
        secret: str,
        principal: str = "",
    ) -> Found:
        """The credential; without a digest where nothing in it stays the same."""
        return (self._credential(kind, place, name, secret, principal),)

    def _credential(
        self,
        kind: CredentialKind,
        place: CredentialPlace,
        name: str,
        secret: str,
        principal: str,
    ) -> Credential:
        hashed = self._hasher.hex
        return Credential(
            kind,
            place,
            name,
            hashed("credential", secret) if secret else "",
            hashed("principal", principal) if principal else "",
        )


def _strength(credential: Credential) -> int:
    return _STRENGTH[credential.kind]


def _is_unset(value: str) -> bool:
    return value.lower() in _EMPTY or _PLACEHOLDER.fullmatch(value) is not None


def _token_of(rest: str) -> str:
    """The token of `Bearer x`, `Token token="x"` (Rails) and of a doubled `Bearer Bearer x`."""
    scheme, space, token = rest.partition(" ")
    if space and scheme.lower() in _BEARER:
        rest = token.strip()
    if rest.lower().startswith("token="):
        return _parameters(rest).get("token", "")
    return rest


def _parameters(text: str) -> dict[str, str]:
    """The `name=value` parameters of a challenge response, names in lower case, first one wins."""
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(text):
        parameters.setdefault(match[1].lower(), match[2].strip('"'))
    return parameters

"""What a server says about itself (RFC 8414, OpenID Connect Discovery 1.0, WebFinger)."""

import ipaddress
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from nightlatch.identity.jose.encoding import json_object
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.oauth.flows.answers import Document, document, printable, text_of
from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Untrusted, send, tell

_OPENID = "/.well-known/openid-configuration"
_OAUTH = "/.well-known/oauth-authorization-server"
_WEBFINGER = "/.well-known/webfinger"
_ISSUER_LINK = "http://openid.net/specs/connect/1.0/issuer"
_JSON = (("Accept", "application/json"),)
READ = "read the server's metadata"


class Metadata(Struct, frozen=True):
    """Found at the issuer's own place, under the issuer's own name."""

    issuer: str
    document: Document

    def endpoint(self, name: str, *, mutual_tls: bool = False) -> str:
        """Its address, by the name that RFC 8414 registers. Raises FlowFault."""
        aliases = self.document.get("mtls_endpoint_aliases")
        found = aliases.get(name) if mutual_tls and isinstance(aliases, dict) else None
        found = found or self.document.get(name)
        if not isinstance(found, str) or not found:
            raise FlowFault(
                f"the server announces no {name}: it does not have this, or does not say"
            )
        return _sound(found, name, self.issuer)

    def says(self, name: str) -> bool:
        return self.document.get(name) is True

    def lists(self, name: str) -> tuple[str, ...]:
        """The texts of a member that is a list of texts."""
        value = self.document.get(name)
        return (
            tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
        )


def discover(place: str) -> Play[Metadata]:
    """From an issuer, an address of metadata, or an account (`ada@id.example`)."""
    if "://" not in place and "@" in place:
        place = yield from _finger(place.removeprefix("acct:"))
    elif "://" not in place:
        place = (
            f"{'http' if _is_local(urlsplit('//' + place).hostname or '') else 'https'}://{place}"
        )
    _check_address(place)
    if "/.well-known/" in place:
        found = document((yield from _fetch(place)), READ)
        return (yield from _of(found, _issuer_of(place)))
    return (yield from _from_issuer(place))


def pasted(text: str) -> Metadata:
    """A document by hand, where the server publishes none, or cannot be asked. Raises FlowFault."""
    try:
        found = json_object(text.encode("utf-8", "replace"), "document")
    except Unsound as fault:
        raise FlowFault(f"this is no metadata: {fault}") from None
    issuer = text_of(found, "issuer", "use this document")
    _check_address(issuer)
    return Metadata(issuer, found)


def fetch_keys(metadata: Metadata) -> Play[Document]:
    """The issuer's key set (RFC 7517)."""
    purpose = "read the issuer's keys"
    call = Call(purpose, "GET", metadata.endpoint("jwks_uri"), _JSON, example={"keys": []})
    return document((yield from send(call)), purpose)


def _from_issuer(issuer: str) -> Play[Metadata]:
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    tried = list(dict.fromkeys((origin + path + _OPENID, origin + _OAUTH + path)))
    fault: FlowFault | None = None
    for address in tried:
        answer = yield from _fetch(address)
        if answer.status in (404, 405, 410):
            continue
        try:
            found = document(answer, READ)
        except FlowFault as error:
            fault = fault or error
            continue
        return (yield from _of(found, issuer))
    raise fault or FlowFault(
        f"no metadata at {' nor at '.join(tried)}: is this the issuer? "
        "Some issuers have a path, such as a realm or tenant"
    )


def _fetch(address: str) -> Play[Answer]:
    return send(Call(READ, "GET", address, _JSON))


def _of(found: Document, expected: str) -> Play[Metadata]:
    """RFC 8414, section 3.3: under another name it is another server's, or a trap."""
    issuer = text_of(found, "issuer", READ)
    if issuer != expected:
        if issuer.rstrip("/") != expected.rstrip("/"):
            raise Untrusted(
                f"the metadata found for {printable(expected)} is that of {printable(issuer)}: "
                "it is not used (RFC 8414, section 3.3). Start from that issuer if you mean it"
            )
        yield from tell(
            f"the issuer's exact name is {printable(issuer)}, slash or not: tokens say so"
        )
    if urlsplit(issuer).scheme == "http" and not _is_local(urlsplit(issuer).hostname or ""):
        yield from tell(
            "the issuer is spoken to without TLS: anybody on the way can read and answer"
        )
    return Metadata(issuer, found)


def _finger(account: str) -> Play[str]:
    """OpenID Connect Discovery 1.0, section 2; RFC 7033."""
    purpose = "ask the account's host for its issuer"
    host = account.rpartition("@")[2]
    scheme = "http" if _is_local(urlsplit("//" + host).hostname or "") else "https"
    query = urlencode({"resource": f"acct:{account}", "rel": _ISSUER_LINK})
    address = f"{scheme}://{host}{_WEBFINGER}?{query}"
    _check_address(address)
    found = document((yield from send(Call(purpose, "GET", address, _JSON))), purpose)
    links = found.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == _ISSUER_LINK:
            return _sound(text_of(link, "href", purpose), "issuer", f"{scheme}://{host}")
    raise FlowFault(f"{printable(host)} knows no issuer for that account")


def _issuer_of(address: str) -> str:
    parts = urlsplit(address)
    before, name, after = parts.path.partition(_OAUTH)
    if name:
        return f"{parts.scheme}://{parts.netloc}{before}{after}"
    return f"{parts.scheme}://{parts.netloc}{parts.path.partition('/.well-known/')[0]}"


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if (
        not host
        or parts.scheme not in ("https", "http")
        or not address.isprintable()
        or " " in address
    ):
        raise FlowFault(f"{printable(address)} is no https address, no issuer and no account")
    if parts.fragment or "@" in parts.netloc or (parts.query and _WEBFINGER not in parts.path):
        raise FlowFault("an issuer has neither user, query nor fragment (RFC 8414, section 2)")


def _sound(address: str, name: str, issuer: str) -> str:
    """An endpoint that may be called: a server may not lead us to where it could not go itself."""
    try:
        parts, its = urlsplit(address), urlsplit(issuer)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise FlowFault(f"the server's {name} is no address") from None
    if not host or parts.scheme not in ("https", "http") or not address.isascii():
        raise FlowFault(f"the server's {name} is no https address: {printable(address, 80)}")
    if not address.isprintable() or " " in address or "@" in parts.netloc or parts.fragment:
        raise FlowFault(f"the server's {name} is no sound address: {printable(address, 80)}")
    if parts.scheme == "http" and its.scheme == "https":
        raise FlowFault(f"the server's {name} is without TLS, though the issuer has it: not used")
    if _is_inside(host) and not _is_inside(its.hostname or ""):
        raise FlowFault(f"the server's {name} leads into this machine or network: not used")
    return address


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_inside(host: str) -> bool:
    """By its spelling; names are not looked up here."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return _is_local(host) or "." not in host

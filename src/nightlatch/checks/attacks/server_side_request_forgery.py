"""Server-side request forgery: a value that sends the server to its own network."""

import re

from nightlatch.checks.attacks import parameter_names
from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import count_words, is_prose
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.url.addresses import Reach, Target, target_of
from nightlatch.checks.attacks.url.find import Url, find_urls, hosts
from nightlatch.checks.attacks.url.ports import DEVELOPMENT_PORTS, SERVICE_PORTS
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_SAYS_WHERE_FROM = frozenset(
    (
        *("host", "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-server"),
        *("x-forwarded-proto", "x-forwarded-port", "x-real-ip", "x-client-ip", "true-client-ip"),
        *("x-original-host", "cf-connecting-ip", "x-cluster-client-ip"),
        "x-envoy-external-address",
    )
)
"""Headers that name hosts and addresses because that is their purpose."""
_SAYS_PAGE = frozenset(("referer", "origin", "access-control-request-origin"))
_ORDINARY = 25
"""Percent of certainty of what developers and their machines send every day."""
_SPACE = LazyPattern(r"\s")
_LONG = 400
_BEGINNING = 2_048
_MOST_WORDS = 24
"""Of sentences; a longer text talks about its addresses, or links to them."""
_ASKED_FOR = frozenset((Place.QUERY, Place.FORM, Place.MULTIPART, Place.PATH))

_FETCHES = LazyPattern(r"(?:https?|ftps?|wss?|sftp|imaps?|pop3s?|smtps?|telnet|rtsp|)", re.ASCII)
_PAGES = frozenset(("http", "https", "ws", "wss", ""))
"""Schemes by which developers reach what they are working on."""
_ODD_SCHEMES = {
    "gopher": (92, "speaks to any service inside with gopher"),
    "dict": (88, "speaks to services inside with dict"),
    "netdoc": (90, "reads the server's files with netdoc"),
    "tftp": (80, "has the server fetch with TFTP"),
    "ldap": (62, "has the server ask a directory"),
    "ldaps": (62, "has the server ask a directory"),
    "ldapi": (80, "has the server ask its local directory"),
    "rmi": (75, "has the server call a remote Java object"),
    "jndi": (80, "has the server look a name up with JNDI"),
}
_METADATA_PATHS = LazyPattern(
    r"/(?:latest/(?:meta-data|user-data|dynamic|api/token)|computemetadata/v1"
    r"|metadata/(?:instance|identity|v1)|opc/v[12]/|openstack/latest|hetzner/v1/metadata"
    r"|2\d{3}-\d\d-\d\d/meta-data|v2/credentials)",
    re.IGNORECASE,
)
_BARE = LazyPattern(
    r"\s*+((?:\d|0x|\[)[\da-fx.:\[\]]{2,60}+|metadata[\w.-]{5,40}+)(?::(\d{1,5}))?(/\S*+)?\s*+",
    re.IGNORECASE,
)
_FOR_THE_INSIDE = LazyPattern(
    r"/(?:server-(?:status|info)|nginx_status|fpm-status|phpinfo|phpmyadmin|actuator|jolokia|manager"
    r"|console|heapdump|metrics|debug|env|_cat|_cluster|_all_dbs|solr|internal|private|secret|flag"
    r"|admin(?:istrator)?(?:\.php|/(?:delete|users?|config|console))?(?=[/?]?\Z)|\.(?:env|git|aws)"
    r"|etc/|v1/(?:agent|kv|sys|secret)|containers/json|latest/)(?:\b|(?<=/))",
    re.IGNORECASE,
)
"""What an address on the same machine is asked for by one who cannot reach it himself."""
_LOOK_ALIKES = "Unicode look-alikes"
"""What the engine calls the coding."""


def recognise(text: str, value: Value) -> Clue | None:
    if value.place is Place.HEADER and value.name.lower() in _SAYS_WHERE_FROM:
        return None
    if len(text) > _LONG and count_words(text, 0, _BEGINNING) > _MOST_WORDS:
        return None
    best: Clue | None = None
    urls = 0
    for url in find_urls(text):
        urls += 1
        clue = _of_url(url, text, value)
        if clue is not None and (best is None or clue.certainty > best.certainty):
            best = clue
    return best if urls else _of_bare(text, value)


def _of_url(url: Url, text: str, value: Value) -> Clue | None:
    certainty, why = _judge(url, value)
    if not certainty:
        return None
    if _LOOK_ALIKES in value.codings and len(url.text) > 0.9 * len(text.strip()):
        certainty, why = max(certainty, 88), f"{why}, written in letters that only look like it"
    shown = url.text[:200]
    if certainty > _ORDINARY and _is_mentioned(url, text, value):
        certainty = min(certainty // 3, _ORDINARY)
    return Clue(certainty, why, shown)


def _is_mentioned(url: Url, text: str, value: Value) -> bool:
    """Does the value talk about the address, or hold a script that uses it?"""
    end = url.start + len(url.text)
    if is_prose(text, url.start, end):
        return True
    return value.place not in _ASKED_FOR and _SPACE.search(text.strip(), 0, url.start) is not None


def _judge(url: Url, value: Value) -> tuple[int, str]:
    """Certainty and reason; 0 for what is ordinary."""
    named = hosts(url)
    if url.scheme in _ODD_SCHEMES and url.slashes[:2] in ("//", "\\\\", "/"):
        return _of_scheme(url, named, value)
    if not _FETCHES.fullmatch(url.scheme):
        return 0, ""
    targets = [(target_of(host), port) for host, port in named]
    target, port = max(targets, key=lambda pair: pair[0].reach, default=(None, ""))
    if target is None or target.reach is Reach.PUBLIC:
        return 0, ""
    if not url.slashes and not port and not target.disguised and target.reach < Reach.METADATA:
        # "localhost" after "http:" is a URL for some programs, and mere words for people.
        return (0, "") if not url.scheme else (_ORDINARY, "leads into the server's own network")
    return _of_target(target, port, url, value, confused=len(named) > 1)


def _of_scheme(url: Url, named: list[tuple[str, str]], value: Value) -> tuple[int, str]:
    certainty, why = _ODD_SCHEMES[url.scheme]
    inside = any(target_of(host).reach is not Reach.PUBLIC for host, _ in named)
    if inside:
        asked = value.place in _ASKED_FOR or value.place is Place.COOKIE
        ordinary = url.scheme.startswith("ldap") and not asked
        return (_ORDINARY if ordinary else max(certainty, 70)), why
    if url.scheme.startswith("ldap") and value.place not in _ASKED_FOR:
        # The address of a directory is an ordinary setting.
        return 20, why
    return certainty, why


def _of_target(
    target: Target, port: str, url: Url, value: Value, *, confused: bool
) -> tuple[int, str]:
    if target.reach is Reach.METADATA:
        return 95, "has the server fetch its own cloud credentials"
    if _METADATA_PATHS.match(url.rest):
        return 90, "asks for a cloud's credentials inside"
    if target.reach is Reach.REBINDING:
        return 90, "names a host made to change its address between check and use"
    inside = "the server itself" if target.reach is Reach.LOOPBACK else "a private network"
    if target.disguised:
        return 90, f"leads to {inside} by an address in disguise"
    if confused:
        return 88, f"hides behind another host that it leads to {inside}"
    return _of_plain(target, port, url, value), "leads into the server's own network"


def _of_plain(target: Target, port: str, url: Url, value: Value) -> int:
    """An address inside in its plain spelling, which developers write as well."""
    if value.place is Place.HEADER and value.name.lower() in _SAYS_PAGE:
        return 0
    name = value.name
    fetched = parameter_names.is_surely_fetched(name)
    if value.place not in _ASKED_FOR and not (value.place is Place.COOKIE and fetched):
        return _ORDINARY
    number = int(port) if port else 0
    if number in SERVICE_PORTS or url.scheme not in _PAGES:
        return 78
    if parameter_names.surely_redirects(name) and not fetched:
        return _ORDINARY
    if not url.scheme or len(url.text) < 0.9 * len(value.text.strip()):
        return _ORDINARY
    if parameter_names.is_page_seen(name):
        return 35
    if target.reach is Reach.LOOPBACK and _FOR_THE_INSIDE.match(url.rest):
        return 72
    if number in DEVELOPMENT_PORTS or number >= 1024:
        return 62 if fetched and target.reach is Reach.LOOPBACK else _ORDINARY
    named = url.authority[:1].isalpha() and not target.aliased
    if parameter_names.may_be_page(name) and named and url.rest not in ("", "/"):
        # "url" is what is fetched in one application, and the page that was seen in another.
        return 35
    return 68 if target.reach is Reach.LOOPBACK or parameter_names.is_fetched(name) else 45


def _of_bare(text: str, value: Value) -> Clue | None:
    """A whole value that is a host and nothing else."""
    match = _BARE.fullmatch(text)
    if match is None or value.is_name or value.place is Place.PATH:
        return None
    host, rest = match[1].partition(":")[0] if match[1][0] != "[" else match[1], match[3] or ""
    target = target_of(host)
    if target.reach is Reach.METADATA:
        known = bool(_METADATA_PATHS.match(rest))
        asked = value.place in _ASKED_FOR and parameter_names.is_fetched(value.name)
        certainty = 90 if known else 75 if asked else _ORDINARY
        return Clue(certainty, "names the cloud's credential service", text.strip()[:200])
    dotted = target.disguised and "." in host
    if target.reach is Reach.LOOPBACK and dotted and parameter_names.is_fetched(value.name):
        return Clue(65, "names the server itself by an address in disguise", text.strip()[:200])
    return None


CHECK = Check(
    id="server-side-request-forgery",
    title="A value sends the server into its own network",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads every URL in the request's values as browsers, libraries and resolvers read it, and judges
its host by address. Fails for the credential services of clouds, for loopback, link-local and
private addresses in disguise (decimal, octal and hexadecimal numbers, short forms, IPv4 inside
IPv6, enclosed letters), for hosts hidden behind `@`, `#` and backslashes, for names that change
their address between check and use, and for schemes such as gopher and dict. A plain
`http://localhost:3000/callback` is not enough but in parameters that a server fetches
(`image_url`, `proxy`, `feed`), nor is an address that a sentence talks about. `Host` and forwarding
headers are not read.""",
    why="""\
A server that fetches what it is told to reaches what the caller cannot: the metadata service with
the machine's cloud keys, databases and admin pages that trust the network. One such request led
to the records of 100 million bank customers.""",
    example="""\
POST /import HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"image": "http://[::ffff:169.254.169.254]/latest/meta-data/iam/security-credentials/"}
""",
    remedy="""\
Resolve the name once, judge the address, and connect to that address; refuse redirects:

```python
address = ipaddress.ip_address(socket.getaddrinfo(host, 443)[0][4][0])
if not address.is_global:
    raise ValueError("not a public address")
```

Better, allow only the hosts you know. Send such fetches through a proxy that cannot reach your own
network, and require IMDSv2 (a token with a hop limit of 1) on cloud machines.""",
    owasp="API7:2023",
    cwe=918,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
        "https://url.spec.whatwg.org/#host-parsing",
    ),
    reads=SENT,
    judge=Found("server-side-request-forgery"),
)

RECOGNISER = Recogniser(
    check=CHECK.id,
    patterns=(
        # A host that begins like a number, stands in brackets or is hidden behind something.
        r"[a-z]:[/\\]+\s*(?:\d|\[[0-9a-f:])|https?:\s*(?:\d|\[)|^\s*[/\\]{2,}(?:\d|\[)",
        r"[a-z]:[/\\]+[^/?\s\"'<>]*[@\\]",
        r"(?:[a-z]:|^\s*)[/\\]*(?:[\w-]+\.)*(?:localhost|loopback|ip6-|metadata|instance-data|rancher-)",
        r"[/.@](?:nip|sslip|xip)\.io|localtest\.me|\blvh\.me|\bvcap\.me|lacolhost|localho\.?st\b",
        r"\.(?:1u\.ms|rbndr\.us|rebind\.|traefik\.me|backname\.io|fuf\.me|yoogle\.com|42foo\.com)",
        r"[a-z]:[/\\]+[\w.-]*\.(?:internal|intranet|localdomain|svc|cluster\.local|consul|corp|lan)\b",
        r"\b(?:gopher|dict|netdoc|tftp|ldap[si]?|rmi|jndi):[/\\]",
        r"spoofed\.burpcollaborator|bugbounty\.dod\.network|127-0-0-1\.org",
        r"^\s*(?:169\.254\.|100\.100\.100\.|192\.0\.0\.192|metadata[.-]|\[)",
        r"/(?:latest/(?:meta-data|user-data|dynamic)|computemetadata/)",
    ),
    recognise=recognise,
)

"""The settings themselves: one tree of values, each with its bounds and what it is for."""

from typing import Annotated

from msgspec import Meta, Struct

from nightlatch.exchange.judgement import Mode
from nightlatch.settings.tokens import Tokens
from nightlatch.settings.ways import (
    Exports,
    Gateway,
    Gelf,
    Listeners,
    MarkedEndpoint,
    Sources,
    Syslog,
)

Names = tuple[str, ...]


class Capture(Struct, frozen=True, kw_only=True):
    body_limit: Annotated[
        int, Meta(ge=1, description="Bytes of each body that are captured and inspected.")
    ] = 65_536
    exclude: Annotated[
        Names, Meta(description='Paths to leave alone, with "*" for anything: "/static/*".')
    ] = ()
    queue: Annotated[
        int, Meta(ge=1, description="Exchanges that may wait to be recorded before some are lost.")
    ] = 10_000


class Identity(Struct, frozen=True, kw_only=True):
    api_key_names: Annotated[
        Names, Meta(description="Headers, parameters and cookies that carry an API key here.")
    ] = ()
    session_names: Annotated[Names, Meta(description="Cookies that carry a session here.")] = ()
    reputation_lists: Annotated[
        Names, Meta(description="Files of addresses and networks with a bad name, one a line.")
    ] = ()
    fingerprint_headers: Annotated[
        Names,
        Meta(description="Headers in which a trusted proxy tells the JA4 of the TLS handshake."),
    ] = ()
    verify_bots: Annotated[
        bool,
        Meta(description="Ask DNS, in the background, whether declared bots are what they say."),
    ] = True


class Networks(Struct, frozen=True, kw_only=True):
    feeds: Annotated[
        Names,
        Meta(
            description="Lists of networks, each as NAME KIND URL-or-file; kinds: bad, tor, "
            "hosting, proxy, vpn, crawler."
        ),
    ] = ()
    databases: Annotated[
        Names, Meta(description="Files in MaxMind's format that know countries or networks.")
    ] = ()
    fetch_megabytes: Annotated[
        int, Meta(ge=1, description="The largest list that is fetched, in megabytes.")
    ] = 64
    fetch_seconds: Annotated[
        int, Meta(ge=1, description="Seconds that fetching a list may take.")
    ] = 60


class Budgets(Struct, frozen=True, kw_only=True):
    caller_burst: Annotated[
        int,
        Meta(
            ge=1,
            description="Distinct people that may leave to one caller in 5 minutes.",
        ),
    ] = 300
    caller_hour: Annotated[
        int,
        Meta(
            ge=1,
            description="Distinct people that may leave to one caller in an hour.",
        ),
    ] = 600
    caller_day: Annotated[
        int,
        Meta(
            ge=1,
            description="Distinct people that may leave to one caller in a day.",
        ),
    ] = 3_000
    network_burst: Annotated[
        int,
        Meta(
            ge=1,
            description="Distinct people that may leave to one network in 5 minutes.",
        ),
    ] = 1_200
    network_hour: Annotated[
        int,
        Meta(
            ge=1,
            description="Distinct people that may leave to one network in an hour.",
        ),
    ] = 2_400
    network_day: Annotated[
        int,
        Meta(ge=1, description="Distinct people that may leave to one network in a day."),
    ] = 12_000
    strangers_burst: Annotated[
        int,
        Meta(
            ge=1,
            description="Distinct people that may leave to all strangers together in 5 minutes.",
        ),
    ] = 5_000
    strangers_hour: Annotated[
        int,
        Meta(
            ge=1, description="Distinct people that may leave to all strangers together in an hour."
        ),
    ] = 5_000
    strangers_day: Annotated[
        int,
        Meta(
            ge=1, description="Distinct people that may leave to all strangers together in a day."
        ),
    ] = 20_000
    caller_month: Annotated[
        int, Meta(ge=1, description="Distinct people that may leave to one caller in 30 days.")
    ] = 20_000
    network_month: Annotated[
        int, Meta(ge=1, description="Distinct people that may leave to one network in 30 days.")
    ] = 80_000
    strangers_month: Annotated[
        int,
        Meta(
            ge=1,
            description="Distinct people that may leave to all strangers together in 30 days.",
        ),
    ] = 150_000
    newcomers_hour: Annotated[
        int,
        Meta(
            ge=1,
            description="Distinct people that may leave in an hour to newcomers who never came"
            " back, before newcomers are challenged; what is normal at the hour raises it.",
        ),
    ] = 120
    newcomers_day: Annotated[int, Meta(ge=1, description="The same in a day.")] = 400
    newcomers_month: Annotated[int, Meta(ge=1, description="The same in 30 days.")] = 1_500
    walk_allowance: Annotated[
        int,
        Meta(
            ge=0,
            description="Distinct people that may leave to newcomers once a walk is seen, before"
            " newcomers are challenged.",
        ),
    ] = 30
    pass_people: Annotated[
        int,
        Meta(ge=1, description="Distinct people that one solved challenge is good for in an hour."),
    ] = 10
    paid_allowance: Annotated[
        int,
        Meta(
            ge=0,
            description="Distinct people that may leave in a day to all who solved challenges;"
            " then they wait. 0: no end, availability first.",
        ),
    ] = 600
    bare_allowance: Annotated[
        int,
        Meta(
            ge=0,
            description="The same for those among them whom nothing explains: nobody had asked for"
            " these people, and the caller was at no other endpoint. 0: no end.",
        ),
    ] = 30
    paid_logins: Annotated[
        int,
        Meta(
            ge=0,
            description="Accounts that newcomers who solved challenges may try at one log-in during"
            " an attack; then newcomers wait whom no account of their own explains. 0: no end,"
            " availability first.",
        ),
    ] = 250


class Attacks(Struct, frozen=True, kw_only=True):
    refuse: Annotated[
        bool,
        Meta(description="Refuse what is certainly an attack, where the mode is enforce."),
    ] = False
    exceptions: Annotated[
        str,
        Meta(
            description="What is no attack here, a predicate a line: "
            'check = "sql-injection" and endpoint = "POST /reports".'
        ),
    ] = ""


class Challenge(Struct, frozen=True, kw_only=True):
    pass_minutes: Annotated[
        int, Meta(ge=1, description="Minutes that a pass holds, once earned.")
    ] = 60
    waits_per_hour: Annotated[
        int,
        Meta(
            ge=0,
            description="Passes an hour for waiting, where a browser solves no puzzles; 0: none.",
        ),
    ] = 30


class Shipping(Struct, frozen=True, kw_only=True):
    spool_megabytes: Annotated[
        int,
        Meta(
            ge=0,
            description="Disk for records that the collector does not take, in megabytes, for all "
            "processes of an application together; then the oldest go. 0: memory only.",
        ),
    ] = 256


class Retention(Struct, frozen=True, kw_only=True):
    days: Annotated[int, Meta(ge=1, description="Days that records are kept.")] = 30
    megabytes: Annotated[
        int, Meta(ge=16, description="Size at which the oldest records go, in megabytes.")
    ] = 2_048


class Console(Struct, frozen=True, kw_only=True):
    enabled: Annotated[
        bool,
        Meta(description="Serve the console from the application's own process (no collector)."),
    ] = False
    host: Annotated[
        str, Meta(description="Address the collector and console listen on. Keep it loopback.")
    ] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="Port of the collector and console; 0 picks one.")
    ] = 4180


class Workbench(Struct, frozen=True, kw_only=True):
    network: Annotated[
        bool,
        Meta(description="The console's workbench may call servers: OAuth flows, keys of issuers."),
    ] = True


class Counters(Struct, frozen=True, kw_only=True):
    url: Annotated[
        str,
        Meta(
            description="Redis or Valkey that several processes keep their budgets in, one server "
            "or some of a cluster: redis://host:6379/0, rediss:// for TLS; empty: each keeps its "
            "own."
        ),
    ] = ""
    password: Annotated[
        str, Meta(description="Its password, where it shall not stand in the URL.")
    ] = ""
    authority: Annotated[
        str,
        Meta(description="File of certificates that vouch for it; empty: those the system trusts."),
    ] = ""
    interval_ms: Annotated[
        int,
        Meta(
            ge=1,
            description="Milliseconds between two rounds: what all processes give away in one of "
            "them can leave beyond a budget.",
        ),
    ] = 10


class Settings(Struct, frozen=True, kw_only=True):
    mode: Annotated[
        Mode, Meta(description="off, observe (say what would be refused) or enforce (refuse it).")
    ] = Mode.OBSERVE
    service: Annotated[
        str,
        Meta(
            description="The application's name: its endpoints, incidents and decisions are kept "
            "by it."
        ),
    ] = "api"
    url: Annotated[
        str, Meta(description="Where the collector is; empty: everything in this process.")
    ] = ""
    token: Annotated[
        str,
        Meta(description="The collector's ingest token; empty: read from the data directory."),
    ] = ""
    trusted_proxies: Annotated[
        Names, Meta(description="Addresses and networks whose forwarded headers are believed.")
    ] = ()
    data_dir: Annotated[
        str, Meta(description="Where the key, the records and the decisions are kept.")
    ] = ".nightlatch"
    fail: Annotated[
        str,
        Meta(
            pattern="^(open|closed)$", description="What a fault of Nightlatch does: open, closed."
        ),
    ] = "open"
    checks_off: Annotated[Names, Meta(description="Ids of checks that are not run.")] = ()
    redact_names: Annotated[
        Names, Meta(description="More names of fields whose values are never kept.")
    ] = ()
    marks: Annotated[
        tuple[MarkedEndpoint, ...],
        Meta(
            description="What is known of endpoints, by pattern: `[[marks]]` with endpoint, and "
            "public, owner, reason, sensitive or subject. In the environment as JSON."
        ),
    ] = ()
    capture: Capture = Capture()
    identity: Identity = Identity()
    tokens: Tokens = Tokens()
    networks: Networks = Networks()
    budgets: Budgets = Budgets()
    attacks: Attacks = Attacks()
    challenge: Challenge = Challenge()
    sources: Sources = Sources()
    counters: Counters = Counters()
    gateway: Gateway = Gateway()
    shipping: Shipping = Shipping()
    retention: Retention = Retention()
    console: Console = Console()
    workbench: Workbench = Workbench()
    gelf: Gelf = Gelf()
    syslog: Syslog = Syslog()
    listeners: Listeners = Listeners()
    exports: Exports = Exports()

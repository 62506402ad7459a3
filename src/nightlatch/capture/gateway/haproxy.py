"""HAProxy's configuration: what it tells our agent, and what it does when the agent has spoken.

Nothing stalls, and nothing waits for an agent that is gone
- A body is waited for only where its Content-Length says that it is small enough, or, where there
  is none, for its first piece, and then only of documents: `wait-for-body` ends in an error for
  whatever takes longer.
- Each request asks first whether the agent is up. A health check tells so within milliseconds; a
  connection that breaks takes the agent down at once, and lets go whoever waits for its answer.
- Who waits for the agent's answer waits at most `timeout processing`, a last resort.
"""

from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Final

from msgspec import Struct

from nightlatch.capture.gate import PREFIX
from nightlatch.capture.gateway.upstream import Upstream
from nightlatch.capture.refusal import problem
from nightlatch.capture.spoe.endings import FORMAT
from nightlatch.capture.spoe.messages import (
    FIELDS,
    HEAD,
    REQUEST,
    RESPONSE,
    STATUSES,
    WAIT,
    variable,
)

ANSWER: Final = "x-nightlatch-answer"
PEER: Final = "x-nightlatch-peer"
SCHEME: Final = "x-nightlatch-scheme"
"""Header fields that HAProxy gives our own server, never the application: which of its answers is
asked for, who asks, and over what."""
FAILED: Final = "failed"
"""The variable that HAProxy sets where the agent did not answer."""
HEALTH: Final = PREFIX + "health"
RESERVED: Final = 16_384
"""Bytes of a buffer that are kept free of bodies, for heads."""
_WAITS: Final = 13
"""Rounds of waiting that a slowed answer may need."""


class Plan(Struct, frozen=True, kw_only=True):
    """What the configuration is written from."""

    listen: Sequence[str]
    """Addresses as HAProxy has them: ":8080", "127.0.0.1:8080", "[::1]:8080"."""
    upstream: Upstream
    place: Path
    """The directory of the sockets and of the second file."""
    certificate: str = ""
    """A PEM file with the certificate and its key; empty: no TLS."""
    upstream_h2: bool = False
    upstream_authority: str = ""
    """A file of certificates that vouch for an upstream with TLS; empty: the system's."""
    forwarded: bool = True
    """Tell the application who asked, in X-Forwarded-For and X-Forwarded-Proto."""
    buffer: int = 65_536
    """Bytes of a message that HAProxy holds."""
    fail_closed: bool = False
    connections: int = 0
    """At most; 0: as many as the system's limits allow."""


def configuration(plan: Plan) -> str:
    """The main file."""
    tls = f" ssl crt {plan.certificate} alpn h2,http/1.1" if plan.certificate else ""
    return _fill(
        _MAIN,
        place=plan.place,
        buffer=plan.buffer,
        limit=f"\n    maxconn {plan.connections}" if plan.connections else "",
        binds="\n".join(f"    bind {address}{tls}" for address in plan.listen),
        rules=_rules(plan.place, plan.place, plan.buffer, _OWN_LOG, fail_closed=plan.fail_closed),
        forwarded=_FORWARDED if plan.forwarded else "",
        prefix=PREFIX,
        server=_server(plan),
        backends=backends(plan.place),
    )


def spoe_configuration() -> str:
    """The second file: what is sent to the agent, and how long its answer is waited for."""
    return _fill(_SPOE, request=REQUEST, response=RESPONSE, head=HEAD, wait=WAIT, failed=FAILED)


def _rules(place: Path, sockets: Path, buffer: int, log: "_Log", *, fail_closed: bool) -> str:
    """What makes a frontend ask the agent, and act on its answer. `sockets`: `place` as HAProxy
    sees it once it runs; `buffer`: its `tune.bufsize`."""
    wait = f"    http-response send-spoe-group nightlatch {WAIT} if nl_waits !nl_failed\n"
    return _fill(
        _RULES,
        place=place,
        log=log.lines.substitute(sockets=sockets, format=FORMAT),
        unwatched=log.unwatched,
        known=log.known,
        prefix=PREFIX,
        health=HEALTH,
        largest=buffer - RESERVED,
        request=REQUEST,
        response=RESPONSE,
        head=HEAD,
        failed=FAILED,
        state=503 if fail_closed else 200,
        down=_returned("http-request", "!nl_up") if fail_closed else "",
        unasked=_returned("http-request", "!nl_watch !nl_page !nl_ours") if fail_closed else "",
        unjudged=_returned("http-response", "nl_watch !nl_judged") if fail_closed else "",
        refusals="".join(_answer("http-request", status) for status in STATUSES),
        withholdings="".join(_answer("http-response", status) for status in STATUSES),
        waits=wait * _WAITS,
        fields="".join(map(_added, FIELDS)),
    )


def snippet(place: Path, buffer: int, *, fail_closed: bool, chroot: str = "") -> str:
    """For people who have an HAProxy of their own, which may be locked up in `chroot`. Raises
    ValueError where it could not reach our sockets from there."""
    sockets = _within(chroot, place)
    return _fill(
        _SNIPPET,
        buffer=buffer,
        place=place,
        prefix=PREFIX,
        rules=_rules(place, sockets, buffer, _SHARED_LOG, fail_closed=fail_closed),
        backends=backends(sockets),
    )


def _within(chroot: str, place: Path) -> Path:
    if not chroot:
        return place
    try:
        return Path("/") / place.relative_to(Path(chroot).resolve())
    except ValueError:
        raise ValueError(
            f"{place} is not below {chroot}, where your HAProxy is locked up; set data_dir to a "
            "directory below it, with a short path"
        ) from None


def backends(place: Path) -> str:
    """Our own servers: the agent, and what answers for HAProxy."""
    return _fill(_BACKENDS, place=place, answer=ANSWER, peer=PEER, scheme=SCHEME)


def _fill(template: Template, **values: object) -> str:
    """HAProxy wants each rule on one line, however long."""
    return template.substitute(values).replace(_CONTINUED, " ")


def _server(plan: Plan) -> str:
    upstream = plan.upstream
    if not upstream.tls:
        return upstream.address + (" proto h2" if plan.upstream_h2 else "")
    authority = plan.upstream_authority or "@system-ca"
    alpn = " alpn h2,http/1.1" if plan.upstream_h2 else ""
    # An address is no name that may be asked for (RFC 6066 section 3).
    name = f"verifyhost {upstream.host}" if upstream.is_address else f"sni str({upstream.host})"
    checked = f"verify required ca-file {authority} {name}"
    return f"{upstream.address} ssl {checked}{alpn}"


def _answer(rule: str, status: int) -> str:
    """HAProxy gives the answer that the agent told it to."""
    media = "application/json" if status == 202 else "application/problem+json"
    return (
        f"    {rule} return status {status} content-type {media}"
        ' lf-string "%[var(txn.nightlatch.body)]"'
        f" if {{ var(txn.nightlatch.status) -m int {status} }}\n"
    )


def _added(name: str) -> str:
    held = f"var(txn.nightlatch.{variable(name)})"
    return f'    http-after-response add-header {name} "%[{held}]" if {{ {held} -m found }}\n'


def _returned(rule: str, condition: str) -> str:
    """Our own problem details, without the agent."""
    body = problem(503).body.data.decode()
    return (
        f"    {rule} return status 503 content-type application/problem+json"
        f" string '{body}' hdr cache-control no-store if {condition}\n"
    )


_CONTINUED: Final = " \\\n        "
_MAIN: Final = Template("""\
# Written by `nightlatch gateway`; written anew at each start and reload.
global
    stats socket $place/stats.sock mode 600 level operator
    tune.bufsize $buffer
    ssl-default-bind-options ssl-min-ver TLSv1.2
    # Conversations that outlive a reload by so long are cut.
    hard-stop-after 1h$limit

defaults
    mode http
    timeout connect 5s
    timeout http-request 30s
    timeout http-keep-alive 60s
    # Streams may be silent for long; how long a request may take is the application's own affair.
    timeout client 1h
    timeout server 1h
    timeout tunnel 24h
    # A reload must not close a connection that the next request may be on its way over.
    option idle-close-on-response

frontend nightlatch
$binds
$rules
$forwarded\
    use_backend nightlatch-gate if { path_beg $prefix } or { var(txn.nightlatch.page) -m found }
    default_backend application

backend application
    server application $server

$backends""")

_SNIPPET: Final = Template("""\
# Into your haproxy.cfg. The agent is `nightlatch gateway --agent`; start it first, it writes
# $place/spoe.cfg. Its sockets are there too; run it as HAProxy's user.
#
# global
#     tune.bufsize $buffer
# defaults
#     option idle-close-on-response

# Into the frontend, before its use_backend lines:
$rules
    use_backend nightlatch-gate if { path_beg $prefix } or { var(txn.nightlatch.page) -m found }

$backends""")


class _Log(Struct, frozen=True):
    """How HAProxy tells us of the ends of exchanges."""

    lines: Template
    unwatched: str = ""
    known: str = ""
    """Rules that spare us the ends of those that we do not watch, or know already."""


_OWN_LOG: Final = _Log(
    Template("""\
    unique-id-format %pid-%rt
    # How exchanges end that were not seen whole: how long they are, and who hung up.
    log $sockets/ends.sock len 512 format raw local0
    log-format "$format"
"""),
    "    http-request set-log-level silent if !nl_watch\n",
    "    http-response set-log-level silent if nl_whole\n",
)
_SHARED_LOG: Final = _Log(
    Template("""\
    # One of your own will do, if no two requests share an id and there is no space in it.
    unique-id-format %pid-%rt
    # How exchanges end. A frontend has one log-format for all its logs: this is that of `option
    # httplog`, and then ours. Put the last six words behind one of your own instead.
    log $sockets/ends.sock len 8192 format raw local0
    log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc \\
        %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r $format"
""")
)

_FORWARDED: Final = """\
    option forwardfor
    http-request set-header x-forwarded-proto https if { ssl_fc }
    http-request set-header x-forwarded-proto http if !{ ssl_fc }

"""

_RULES: Final = Template("""\
    filter spoe engine nightlatch config $place/spoe.cfg
$log
    acl nl_up nbsrv(nightlatch-agents) gt 0
    acl nl_ours path_beg $prefix
    acl nl_watch var(txn.nightlatch.watch) -m found
    acl nl_page var(txn.nightlatch.page) -m found
    # What is small enough to be waited for, and what is a document but does not say how long it is.
    acl nl_sized req.hdr_val(content-length) 1:$largest
    acl nl_unsized req.hdr(transfer-encoding) -m found
    acl nl_document req.hdr(content-type),field(1,;),lower -m end \\
        json xml javascript yaml x-www-form-urlencoded graphql
    acl nl_document req.hdr(content-type) -m beg text/
    acl nl_stream req.hdr(content-type),field(1,;),lower -m end \\
        event-stream ndjson jsonl jsonlines json-seq stream+json
    http-request return status 200 content-type text/plain string ok \\
        if { path $health } nl_up
    http-request return status $state content-type text/plain string unprotected \\
        if { path $health }
$down\
    http-request wait-for-body time 5m if nl_up nl_sized !nl_ours
    http-request wait-for-body time 5m at-least 1 \\
        if nl_up nl_unsized nl_document !nl_stream !nl_ours
    http-request send-spoe-group nightlatch $request if nl_up !nl_ours
$unwatched\
$refusals\
$unasked\

    acl nl_there nbsrv(nightlatch-agents) gt 0
    acl nl_judged var(txn.nightlatch.done) -m found
    acl nl_whole var(txn.nightlatch.done) -m bool
    acl nl_waits var(txn.nightlatch.wait) -m int gt 0
    acl nl_failed var(txn.nightlatch.$failed) -m found
    acl nl_upgraded status 101
    acl nl_answer_sized res.hdr_val(content-length) 1:$largest
    acl nl_answer_long res.hdr(content-length) -m found
    acl nl_answer_document res.hdr(content-type),field(1,;),lower -m end \\
        json xml javascript yaml x-www-form-urlencoded graphql
    acl nl_answer_document res.hdr(content-type) -m beg text/
    acl nl_answer_document res.hdr_cnt(content-type) eq 0
    acl nl_answer_stream res.hdr(content-type),field(1,;),lower -m end \\
        event-stream ndjson jsonl jsonlines json-seq stream+json
    http-response wait-for-body time 5m \\
        if nl_watch nl_there nl_answer_sized nl_answer_document !nl_answer_stream
    http-response wait-for-body time 5m at-least 1 if nl_watch nl_there \\
        !nl_answer_long nl_answer_document !nl_answer_stream !nl_upgraded
    http-response send-spoe-group nightlatch $response if nl_watch nl_there nl_answer_document
    http-response send-spoe-group nightlatch $response \\
        if nl_watch nl_there nl_answer_stream !nl_answer_document
    http-response send-spoe-group nightlatch $head \\
        if nl_watch nl_there !nl_answer_stream !nl_answer_document
$known\
    # Slowed answers wait in rounds, so that none waits for an agent that is gone; the first that
    # fails is the last, because HAProxy 2.6 can forget the time-out of another in the same stream.
$waits\
$withholdings\
$unjudged\
$fields""")

_BACKENDS: Final = Template("""\
backend nightlatch-gate
    http-request set-header $answer "%[var(txn.nightlatch.page)]"
    http-request set-header $peer "%[src]"
    http-request set-header $scheme https if { ssl_fc }
    http-request set-header $scheme http if !{ ssl_fc }
    # Not checked, whatever your default-server says: it is asked only where it has the answer.
    server gate unix@$place/gate.sock no-check

backend nightlatch-agents
    mode tcp
    option spop-check
    retries 0
    timeout connect 200ms
    timeout check 500ms
    timeout server 1h
    server agent unix@$place/agent.sock check inter 20ms downinter 50ms fall 1 rise 1 \\
        observe layer4 error-limit 1 on-error mark-down on-marked-down shutdown-sessions
""")

_SPOE: Final = Template("""\
[nightlatch]
spoe-agent nightlatch-agent
    groups $request $response $head $wait
    option var-prefix nightlatch
    option continue-on-error
    option set-on-error $failed
    # Answers come on the connection that asked: when it breaks, nobody waits any longer.
    no option async
    no option send-frag-payload
    timeout hello 500ms
    timeout idle 1m
    timeout processing 1s
    use-backend nightlatch-agents

spoe-message $request
    args id=unique-id method=method path=path query=query version=req.ver \\
        headers=req.hdrs_bin body=req.body src=src ssl=ssl_fc
spoe-message $response
    args id=unique-id method=method status=status headers=res.hdrs_bin body=res.body
# Of what cannot carry records.
spoe-message $head
    args id=unique-id method=method status=status headers=res.hdrs_bin
spoe-message $wait
    args left=var(txn.nightlatch.wait)

spoe-group $request
    messages $request
spoe-group $response
    messages $response
spoe-group $head
    messages $head
spoe-group $wait
    messages $wait
""")

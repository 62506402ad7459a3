"""IP reputation: is the caller's address on a list?"""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    reputation = evidence.reputation
    if reputation is None:
        return SKIP
    return f"the caller's address is on the list “{reputation[:80]}”" if reputation else None


CHECK = Check(
    id="ip-reputation",
    title="The caller's address is on a reputation list",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when the caller's address is on one of the lists that you have loaded (FireHOL, Spamhaus
DROP, Tor exits, your own). Without a list it is not judged. The address is the one behind your
trusted proxies, never the first forwarded value.""",
    why="""\
Addresses that attack others today attack you next. It is a hint and not a proof: an address is
shared and changes hands, so weigh it together with what the caller does.""",
    example="""\
POST /login HTTP/1.1
Host: api.example.com

(from an address on Spamhaus DROP)
""",
    remedy="""\
For lists of hijacked networks, drop the traffic at the firewall or proxy. For Tor exits and
cloud ranges, ask for more (a second factor, a smaller budget) before you refuse: honest people
use them. An address that is listed by mistake can be excepted for this check.""",
    owasp="API6:2023",
    cwe=799,
    references=(
        "https://www.spamhaus.org/blocklists/do-not-route-or-peer/",
        "https://iplists.firehol.org/",
    ),
    needs=frozenset({Part.CLIENT}),
    judge=judge,
    treblle="IP reputation",
)

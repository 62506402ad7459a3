"""A debug or actuator path that answers."""

import re

from nightlatch.checks.answers import success
from nightlatch.checks.callers import expectation, stranger
from nightlatch.checks.check import Check, Evidence, Scope, Verdict
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

DEBUG_PATH = re.compile(
    r"""/(?:
        actuator(?!/(?:health|info)\b)
      | debug/(?:pprof|vars|requests|default) | __debug__ | _debug_toolbar | _profiler
      | jolokia | h2-console | heapdump | threaddump | elmah\.axd | trace\.axd
      | server-(?:status|info) | phpinfo(?:\.php)? | info\.php | _ignition | telescope
      | manage/env | admin/env | _cat/indices | _cluster/health | rails/info
    )(?:/|$)""",
    re.VERBOSE | re.IGNORECASE,
)


def judge(evidence: Evidence) -> Verdict:
    response = success(evidence)
    if response is None or not DEBUG_PATH.search(evidence.exchange.request.path):
        return None
    if not stranger(evidence) or expectation(evidence) is Expectation.PUBLIC:
        return None
    return f"a debugging path answered a stranger with {response.status}"


CHECK = Check(
    id="debug-path",
    title="A debugging path answers strangers",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when a path that frameworks reserve for debugging and management answers 2xx to a caller
without a proven credential: Spring's `/actuator` (health and info pass), Go's `/debug/pprof`,
Jolokia, heap and thread dumps, H2 console, `phpinfo`, `server-status`, Symfony's profiler,
Laravel's Telescope and Ignition, Django's debug toolbar, Elasticsearch's `_cat`. Asking alone is
`vulnerability-probe`.""",
    why="""\
These pages were made to show everything. A memory copy behind such a path held the cloud keys to
the location data of 800,000 cars.""",
    example="""\
GET /actuator/heapdump HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/octet-stream
""",
    remedy="""\
Serve management on another port that only your own network reaches, and turn the paths off
outside:

```nginx
location ~ ^/(actuator|debug|server-status) { return 404; }
```

```yaml
management:
  server: { port: 9001, address: 127.0.0.1 }
  endpoints: { web: { exposure: { include: health } } }
```

If a dump may have been fetched, replace every secret the process held.""",
    owasp="API8:2023",
    cwe=489,
    references=(
        "https://docs.spring.io/spring-boot/reference/actuator/endpoints.html",
        "https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.CREDENTIALS}),
    judge=judge,
)

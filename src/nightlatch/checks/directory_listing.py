"""A directory listing: the answer shows what lies in a folder."""

from nightlatch.checks.answers import success
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_HEAD = 2_048
"""Bytes in which the title stands."""
_TITLES = (
    b"<title>index of /",
    b"<title>directory listing for /",
    b"<h1>index of /",
    b"<title>listing directory /",
    b"<listbucketresult",
)


def judge(evidence: Evidence) -> Verdict:
    response = success(evidence)
    if response is None or not response.body.data:
        return SKIP
    if response.body.data[:1] in (b"{", b"["):
        return None
    head = response.body.data[:_HEAD].lower()
    for title in _TITLES:
        if title in head:
            return "the answer is the listing of a directory"
    return None


CHECK = Check(
    id="directory-listing",
    title="The answer lists a directory",
    level=Level.MEDIUM,
    scope=Scope.ENDPOINT,
    what="""\
Fails when a successful answer is the listing that Apache, nginx, Python's file server or Tomcat
makes of a folder, or the listing of a storage bucket.""",
    why="""\
A listing turns "nobody knows the name" into a menu: backups, exports, other people's uploads.""",
    example="""\
GET /exports/ HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>Index of /exports/</title></head>
""",
    remedy="""\
Turn listings off (`autoindex off;` in nginx, `Options -Indexes` in Apache; Starlette's
`StaticFiles` never lists), and hand files out through a route that checks who asks:

```python
@app.get("/exports/{export_id}")
def export(export_id: UUID, user: CurrentUser) -> FileResponse: ...
```""",
    owasp="API8:2023",
    cwe=548,
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/02-Configuration_and_Deployment_Management_Testing/",
        "https://nginx.org/en/docs/http/ngx_http_autoindex_module.html",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.RESPONSE_BODY}),
    judge=judge,
)

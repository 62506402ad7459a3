"""A file that was never meant to be served."""

import re

from nightlatch.checks.answers import success
from nightlatch.checks.check import Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_HIDDEN = re.compile(
    r"""/(?:
        \.git/(?:config|HEAD|index|logs/.*) | \.svn/(?:entries|wc\.db) | \.hg/(?:hgrc|store/.*)
      | \.env(?:\.[a-z]+)? | \.aws/credentials | \.ssh/.* | id_(?:rsa|ed25519) | \.npmrc | \.pypirc
      | \.htpasswd | \.DS_Store | \.docker/config\.json | \.kube/config | \.vscode/sftp\.json
      | wp-config\.php(?:\.bak|~|\.old) | web\.config
      | (?:docker-compose|secrets|credentials)\.ya?ml
      | (?:backup|dump|db|database)\.(?:sql|sqlite3?|bak|zip|tar\.gz|sql\.gz)
    )$""",
    re.VERBOSE | re.IGNORECASE,
)


def judge(evidence: Evidence) -> Verdict:
    response = success(evidence)
    path = evidence.exchange.request.path
    if response is None or "." not in path or not _HIDDEN.search(path):
        return None
    # A single-page application answers its start page for every path: that is no file.
    if not response.body.size or "html" in (response.headers.get(b"content-type") or ""):
        return None
    return f"{path.rpartition('/')[2][:40]} was served, {response.body.size} bytes"


CHECK = Check(
    id="hidden-file",
    title="A file was served that is not for the public",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when the path of a version-control directory, an `.env` file, a key, a credentials file or
a database dump is answered 2xx with a body that is not HTML. Single-page applications, which
answer their start page for every path, pass. Asking alone is `vulnerability-probe`.""",
    why="""\
Such files are asked for within minutes of an address becoming known, by everybody's scanners.
`.git` gives the whole source; `.env` gives the keys.""",
    example="""\
GET /.env HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: text/plain

SECRET_KEY=…
""",
    remedy="""\
Serve a directory made for serving, never the project's, and refuse dot files at the proxy:

```nginx
location ~ /\\.(?!well-known/) { return 404; }
```

```python
app.mount("/static", StaticFiles(directory="public"))   # not directory="."
```

Then replace every secret in the file: assume that it was copied.""",
    owasp="API8:2023",
    cwe=538,
    references=(
        "https://cwe.mitre.org/data/definitions/527.html",
        "https://www.rfc-editor.org/rfc/rfc8615",
    ),
    needs=frozenset({Part.RESPONSE_HEADERS, Part.STATUS}),
    reads=frozenset({Part.RESPONSE_BODY}),
    judge=judge,
)

"""Content labeling: is the answer what its Content-Type says?"""

from functools import lru_cache

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.content import ContentKind
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

_JSON_STARTS = (b'{"', b"{}", b'[{"', b"[]")
_HONEST_FOR_JSON_TEXT = ("json", "javascript", "event-stream", "ndjson", "jsonl", "octet-stream")


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None or not response.body.size:
        return SKIP
    label = response.headers.get(b"content-type")
    if not label:
        return "the answer has a body and no Content-Type"
    media, honest = _read_label(label)
    content = evidence.response
    if honest and content.kind is ContentKind.JSON:
        return None
    if content.kind is ContentKind.MALFORMED and not content.cut and not response.body.fault:
        return (
            f"the answer is labelled JSON and cannot be read as such ({response.body.size} bytes)"
        )
    looks_like_json = response.body.data.startswith(_JSON_STARTS)
    if looks_like_json and not honest:
        return f"the answer looks like JSON and is labelled {media[:60]!r}"
    return None


@lru_cache(256)
def _read_label(label: str) -> tuple[str, bool]:
    """The media type, and whether it is one under which JSON may travel."""
    media = label.partition(";")[0].strip().lower()
    return media, media.endswith(_HONEST_FOR_JSON_TEXT)


CHECK = Check(
    id="content-labeling",
    title="The answer's type is missing or wrong",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Compares the answer's `Content-Type` with its body. Fails when a body has no type, when JSON is
labelled as something else such as HTML, and when what is labelled JSON cannot be read. Pages,
images and files under their own honest type pass: an API may serve them.""",
    why="""\
A browser acts by the label. JSON that carries a user's text and is labelled `text/html` runs
that text as a page, script included.""",
    example="""\
GET /search?q=x HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: text/html

{"query": "<script>alert(1)</script>"}
""",
    remedy="""\
Return values, not strings, and let the framework label them:

```python
@app.get("/search")
def search(q: str) -> SearchResult:      # FastAPI answers application/json
    return find(q)
```

Where you build the answer yourself use `JSONResponse(content)`, never
`Response(json.dumps(content))` without `media_type="application/json"`.""",
    owasp="API8:2023",
    cwe=436,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9110#section-8.3",
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html",
    ),
    needs=frozenset({Part.RESPONSE_HEADERS, Part.RESPONSE_BODY}),
    judge=judge,
    treblle="Content labeling",
)

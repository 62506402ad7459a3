"""A bulk look-up: many identifiers in one request."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

MOST_ASKED = 100


def judge(evidence: Evidence) -> Verdict:
    asked = evidence.disclosure.asked
    if not asked:
        return SKIP
    if len(asked) <= MOST_ASKED:
        return None
    response = evidence.exchange.response
    if response is None or response.status >= 400:
        return None
    return f"one request asked for {len(asked)} people or records at once, and was served"


CHECK = Check(
    id="bulk-lookup",
    title="Many people looked up in one request",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what=f"""\
Counts the distinct identifiers in the request, inside lists too. Fails when more than
{MOST_ASKED} were asked for at once and the request was served. A refusal passes.""",
    why="""\
Contact importers are the widest doors: hundreds of numbers in one request stay under every limit
that counts requests. 533 million numbers of one network and 3.5 billion of another went this
way.""",
    example="""\
POST /contacts/match HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"phones": ["+15550100", "+15550101", … 500 of them]}

HTTP/1.1 200 OK
""",
    remedy="""\
Bound the list in the schema, and budget identifiers instead of requests, first sync and later
changes apart:

```python
class Match(BaseModel):
    phones: Annotated[list[PhoneNumber], Field(max_length=50)]
```

Nightlatch counts each identifier against the caller's budget; set a limit for the endpoint in
the console.""",
    owasp="API4:2023",
    cwe=799,
    references=(
        "https://www.ndss-symposium.org/ndss-paper/all-the-numbers-are-us-large-scale-abuse-of-contact-discovery-in-mobile-messengers/",
        "https://owasp.org/API-Security/editions/2023/en/0xa6-unrestricted-access-to-sensitive-business-flows/",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.QUERY, Part.REQUEST_BODY}),
    judge=judge,
)

"""GraphQL introspection open to strangers."""

from nightlatch.checks.answers import success
from nightlatch.checks.callers import expectation, stranger
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.content import ContentKind
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.signs import SCHEMA
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    request = evidence.exchange.request
    if not (evidence.request_signs & SCHEMA and b"__schema" in request.body.data) and (
        "__schema" not in request.query
    ):
        return SKIP
    response = success(evidence)
    if response is None or b'"__schema"' not in response.body.data:
        return None
    # {"errors": [{"message": "…", "path": ["__schema"]}]} is a refusal in GraphQL's manner.
    if evidence.response.kind is ContentKind.JSON and not _has_schema(evidence.response.value):
        return None
    if not stranger(evidence) or expectation(evidence) is Expectation.PUBLIC:
        return None
    return "a stranger asked for the schema and got it"


def _has_schema(value: object) -> bool:
    data = value.get("data") if isinstance(value, dict) else None
    return isinstance(data, dict) and data.get("__schema") is not None


CHECK = Check(
    id="graphql-introspection",
    title="GraphQL tells strangers its whole schema",
    level=Level.MEDIUM,
    scope=Scope.ENDPOINT,
    what="""\
Fails when a caller without a proven credential asked a GraphQL endpoint for `__schema` and got
it. Refusals in GraphQL's manner (errors, no data) pass, and so do endpoints that are public by
decision. That anybody asked for it, whatever the answer, is `graphql-abuse`.""",
    why="""\
The schema lists every type, field and mutation, those for administrators included. It is the map
on which the rest of an attack is planned.""",
    example="""\
POST /graphql HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"query": "{ __schema { types { name } } }"}

HTTP/1.1 200 OK
Content-Type: application/json

{"data": {"__schema": {"types": [{"name": "Query"}]}}}
""",
    remedy="""\
Turn it off outside development. With Strawberry:

```python
from strawberry.extensions import DisableIntrospection

schema = strawberry.Schema(Query, extensions=[DisableIntrospection] if PRODUCTION else [])
```

Publish the schema as a file if clients need it, and bound depth and cost of queries as well.""",
    owasp="API8:2023",
    cwe=497,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html",
        "https://spec.graphql.org/October2021/#sec-Introspection",
    ),
    needs=frozenset({Part.STATUS, Part.RESPONSE_BODY}),
    reads=frozenset({Part.QUERY, Part.CREDENTIALS, Part.REQUEST_BODY}),
    judge=judge,
)

"""Mass assignment: the request sets what only the server should."""

import re

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.fields import any_named, has_leaf, spellings, telling
from nightlatch.checks.wording import named
from nightlatch.exchange.content import Leaf
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.shapes import Scalar
from nightlatch.exchange.signs import PRIVILEGE_NAME
from nightlatch.exchange.source import Part

_WRITES = frozenset({"POST", "PUT", "PATCH"})
_SWITCHES = spellings(
    """admin is_admin superuser is_superuser superadmin is_staff staff is_root is_owner is_internal
    is_verified email_verified phone_verified kyc_verified is_approved is_premium"""
)
_ROLES = spellings(
    """role roles user_role account_role user_type account_type group groups permission permissions
    scope scopes access_level privilege privileges authorities"""
)
_POWERFUL = spellings(
    """admin administrator superadmin super_admin superuser root owner staff moderator sysadmin
    system role_admin * all"""
)
_PRIVILEGED = _SWITCHES | _ROLES
_ADMINISTRATION = re.compile(
    r"admin|role|permission|member|invit|group|staff|grant|token", re.IGNORECASE
)
_DEEPEST = 2
"""Levels below the top: `$.user.role` is a field of the object, `$.messages[].role` is content."""


def judge(evidence: Evidence) -> Verdict:
    exchange = evidence.exchange
    if exchange.request.method not in _WRITES or not has_leaf(evidence.request):
        return SKIP
    fields = telling(evidence.request, evidence.request_signs, PRIVILEGE_NAME)
    if not any_named(fields, _PRIVILEGED):
        return None
    response = exchange.response
    if response is None or response.status >= 400:
        return None
    if _ADMINISTRATION.search(exchange.endpoint.template):
        return None
    for leaf in fields:
        if leaf.name in _PRIVILEGED and _raises_privilege(leaf):
            return f"the request sets {named(leaf.path)} and was accepted"
    return None


def _raises_privilege(leaf: Leaf) -> bool:
    inner = leaf.path.removesuffix("[]")
    if "[]" in inner or inner.count(".") > _DEEPEST:
        return False
    if leaf.name in _SWITCHES:
        return _on(leaf.value)
    return isinstance(leaf.value, str) and leaf.value.strip().lower() in _POWERFUL


def _on(value: Scalar) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in {"true", "1", "yes", "on"}
    return value is True or value == 1


CHECK = Check(
    id="mass-assignment",
    title="The request sets a field that only the server should",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Fails when a POST, PUT or PATCH switches a privilege on (`is_admin: true`, `email_verified: 1`)
or names a powerful role (`role: "admin"`), and was not refused. Only the object itself is looked
at, not lists in it: the `role` of a chat message is content. Endpoints whose path is about
administration (admin, roles, members, groups, invitations …) pass, since that is their work.""",
    why="""\
Where the body is bound to the database's object, whoever adds the field has the privilege. It is
tried against every registration form there is, because it costs one line.""",
    example="""\
POST /register HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"email": "x@example.org", "password": "…", "is_admin": true}

HTTP/1.1 201 Created
""",
    remedy="""\
Describe what callers may set, and refuse the rest instead of ignoring it:

```python
class Registration(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: EmailStr
    password: SecretStr

@app.post("/register", status_code=201)
def register(body: Registration) -> UserOut: ...      # never User(**await request.json())
```""",
    owasp="API3:2023",
    cwe=915,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Mass_Assignment_Cheat_Sheet.html",
        "https://docs.pydantic.dev/latest/api/config/",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset({Part.REQUEST_BODY}),
    judge=judge,
)

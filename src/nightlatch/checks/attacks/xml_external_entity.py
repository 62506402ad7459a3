"""XML external entities and XML bombs: a document that makes its reader fetch, or swell."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import count_words
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.attacks.xml.entities import expanded_size, read_entities
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_LARGE = 200_000
"""Characters; a document of a window's length that reaches them was made to."""
_MANY_TIMES = 50

_DISGUISED = LazyPattern(
    r"<\?xml[^>]{0,80}?encoding\s*=\s*[\"']\s*utf-?7|\+?ADw-?(?:\s?\+?ACE-?|\s?\+?AIQ-|!)\s?(?:DOCTYPE|ENTITY)"
    r"|ADwAIQ-(?:DOCTYPE|ENTITY)",
    re.IGNORECASE,
)
_DOCTYPE = LazyPattern(
    r"""
    <!DOCTYPE\s++ [^\s\[>"']{1,80}+ \s++ (?P<kind>SYSTEM|PUBLIC) \s*+
    (?P<first>"[^"]*+"|'[^']*+') \s*+ (?P<second>"[^"]*+"|'[^']*+')?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ADDRESS = LazyPattern(
    r"\s*+(?:(?:https?|ftps?|file|php|expect|netdoc|jar|gopher|ldap|data):|//|\\\\|/)",
    re.IGNORECASE,
)
# Whose document types are everywhere: standards bodies, and what editors and build tools write.
_PUBLISHERS = LazyPattern(
    r"\s*+https?://(?:[\w-]+\.)*(?:w3\.org|apple\.com|sun\.com|oracle\.com|apache\.org|oasis-open\.org"
    r"|jboss\.org|hibernate\.org|springframework\.org|mybatis\.org|netscape\.com|purl\.org|nih\.gov"
    r"|puppycrawl\.com|checkstyle\.org|docbook\.org|musicxml\.org|openmrs\.org|openrobots\.org"
    r"|cisco\.com|wapforum\.org|openmobilealliance\.org|gutenberg\.org|struts\.apache\.org)(?:[/:]|\Z)",
    re.IGNORECASE,
)
_INCLUDE = LazyPattern(
    r"<(?:\w{1,20}:)?include\s[^<>]{0,400}?\bhref\s*=\s*[\"']([^\"']*+)", re.IGNORECASE
)
_XINCLUDE = LazyPattern(r"www\.w3\.org/(?:20\d\d|1999)/(?:XML/)?XInclude", re.IGNORECASE)
_SCHEMA_LOCATION = LazyPattern(
    r"\b(?P<name>schemaLocation|noNamespaceSchemaLocation)\s*=\s*[\"'](?P<at>[^\"']*+)",
    re.IGNORECASE,
)
_SCHEMA_INCLUDE = LazyPattern(
    r"<(?:xsd?:)?(?:include|redefine|override)\s[^<>]{0,300}?\b(?:schemaLocation|namespace)\s*=\s*"
    r"[\"'](?P<at>[^\"']*+)",
    re.IGNORECASE,
)
_STYLESHEET = LazyPattern(
    r"\bdocument\s*\(\s*['\"](?:file|https?|/|php|ftp)|unparsed-text\s*\(|php:function(?:String)?\s*\("
    r"|<msxsl:script|system-property\s*\(\s*['\"]xsl:|xmlns:\w+\s*=\s*['\"](?:http://)?xml\.apache\.org/xalan/java"
    r"|xmlns:\w+\s*=\s*['\"](?:http://saxon\.sf\.net/)?java[:/]",
    re.IGNORECASE,
)


def recognise(text: str, value: Value) -> Clue | None:  # noqa: ARG001 - the contract's signature
    """What the document would make its reader do."""
    begins = text.find("<")
    if count_words(text, 0, max(begins, 0)) > 3:
        return None
    clue = _declared(text) or _included(text)
    if clue is None and _DISGUISED.search(text):
        return Clue(85, "is XML in UTF-7, which only hides it", text)
    return clue


def _declared(text: str) -> Clue | None:
    entities = read_entities(text)
    for entity in entities:
        if entity.external:
            certainty = 92 if _ADDRESS.match(entity.content) else 85
            return Clue(certainty, f"makes an XML parser fetch {_shown(entity.content)}", text)
    if entities:
        size = expanded_size(text, entities)
        if size > _LARGE or size > _MANY_TIMES * len(text):
            return Clue(90, "is XML that swells to many times its size", text)
    doctype = _DOCTYPE.search(text)
    return _external_subset(doctype, text) if doctype else None


def _external_subset(doctype: re.Match[str], text: str) -> Clue | None:
    public = doctype["kind"].upper() == "PUBLIC"
    address = (doctype["second"] if public else doctype["first"] or "") or ""
    address = address[1:-1]
    if not _ADDRESS.match(address) or _PUBLISHERS.match(address):
        return None
    # A public identifier of the usual form was registered by somebody.
    registered = public and doctype["first"][1:4] in ("-//", "+//", "ISO")
    why = f"makes an XML parser fetch the document type {_shown(address)}"
    return Clue(45 if registered else 80, why, text)


def _included(text: str) -> Clue | None:
    if _XINCLUDE.search(text) and (include := _INCLUDE.search(text)):
        certainty = 88 if _ADDRESS.match(include[1]) else 65
        return Clue(certainty, f"includes {_shown(include[1])} with XInclude", text)
    schema = _SCHEMA_INCLUDE.search(text)
    if schema and _ADDRESS.match(schema["at"]) and not _PUBLISHERS.match(schema["at"]):
        return Clue(75, f"makes an XML parser fetch the schema {_shown(schema['at'])}", text)
    for location in _SCHEMA_LOCATION.finditer(text, max(text.find("<"), 0)):
        if _is_odd(location) and "<" in text:
            why = f"makes an XML parser fetch the schema {_shown(location['at'])}"
            return Clue(75, why, text)
    if _STYLESHEET.search(text) and "<" in text:
        return Clue(80, "is a stylesheet that reads files or calls functions", text)
    return None


def _is_odd(location: re.Match[str]) -> bool:
    """schemaLocation is a list of pairs: name and address. An attacker gives the address alone."""
    addresses = location["at"].split()
    if not addresses or _PUBLISHERS.match(addresses[-1]) or not _ADDRESS.match(addresses[-1]):
        return False
    if location["name"].lower() == "schemalocation":
        return len(addresses) % 2 == 1 and not _is_schema(addresses[-1])
    return not _is_schema(addresses[0])


def _is_schema(address: str) -> bool:
    return address.lower().rstrip("/").endswith((".xsd", ".wsdl", ".xml"))


def _shown(address: str) -> str:
    return address[:60] or "something"


CHECK = Check(
    id="xml-external-entity",
    title="XML makes its parser fetch or swell",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads XML wherever it stands: fails when it declares an entity or a document type that is fetched
from somewhere (also by XInclude, by a schema's address, or from within a stylesheet), when its
entities would swell it to many times its size (counted, never expanded), and when it hides in
UTF-7. Ordinary XML, SOAP, SVG and feeds pass, and so do the document types of the W3C, Apple and
others that editors write.""",
    why="""\
An XML parser that follows such a document reads the server's files and asks its internal network,
and sends the answers to the caller. A few lines that swell to gigabytes stop it.""",
    example="""\
POST /invoices HTTP/1.1
Host: api.example.com
Content-Type: application/xml

<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>

HTTP/1.1 200 OK
""",
    remedy="""\
Read XML without document types:

```python
from defusedxml.ElementTree import fromstring   # not xml.etree, not lxml's defaults

tree = fromstring(body, forbid_dtd=True)
```

With lxml: `XMLParser(resolve_entities=False, no_network=True, load_dtd=False)`. Refuse what says
`<!DOCTYPE` before it reaches a parser you do not control.""",
    owasp="API8:2023",
    cwe=611,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html",
        "https://cwe.mitre.org/data/definitions/776.html",
    ),
    reads=SENT,
    judge=Found("xml-external-entity"),
)

RECOGNISER = Recogniser(
    "xml-external-entity",
    (
        r"<!ENTITY\s",
        r"<!DOCTYPE\s+[^\s>\[]+\s+(?:SYSTEM|PUBLIC)",
        r"XInclude",
        r"schemaLocation\s*=\s*[\"']\s*\w+:|<(?:xsd?:)?(?:include|redefine|override)\s",
        r"encoding\s*=\s*[\"']\s*utf-?7|ADw(?:AIQ)?-",
        r"unparsed-text|php:function|msxsl:script|system-property\s*\(|document\s*\(\s*['\"](?:file|http|/)",
        r"xalan/java|saxon\.sf\.net",
    ),
    recognise,
)

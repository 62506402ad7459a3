"""Java's expression languages: OGNL, Spring's, MVEL, Groovy, EL; and what they reach for.

Every pattern asks for the syntax of the call: stack traces and prose hold the names alone.
"""

import re

from nightlatch.checks.attacks.code.sign import Feature

_SPRING = re.compile(
    r"""
    \bT[\s+]*+\([\s+]*+
    (?: (?:java|javax|org|com|sun|jdk)\.[\w.$]++[\s+]*+\)
      | (?:Runtime|System|String|Character|Class|Thread|ClassLoader)[\s+]*+\)[\s+]*+\. )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OGNL = re.compile(
    r"""
    \#_?memberAccess
    | @ognl\.\w++
    | (?<![\w.-])@[a-z]\w*+(?>(?:\.\w++)+)@\w   # behind a name it is an address with two parts
    | \#context\s*+[\[.]
    | \#(?:application|session|request|attr|parameters|root|ognlUtil|_\w++)\s*+
      (?:\[['"] | \.(?:put|get|set|remove|clear)\w*+\()
    | \(\#[a-z_]\w*+\s*+=\s*+(?:[@\#(['"]|new\s|\w++[.@(])
    | com\.opensymphony\.xwork2\.\w
    | (?<![.\w])\#\w++\s*+=\s*+(?:new\s|@|\(?\#)
    | (?<![.\w])\#\w++\.(?:setExcluded|getExcluded|exec|getInstance)\w*+\(
    | redirect(?:Action)?:[$%]\{
    """,
    re.VERBOSE | re.IGNORECASE,
)
_REFLECTION = re.compile(
    r"""
    getRuntime\s*+\(\s*+\)\s*+\.\s*+exec\b
    | new\s++(?:java\.lang\.)?ProcessBuilder\s*+\([^)]{0,200}\)[^;]{0,200}?\.start
    | (?:getClass\s*+\(\s*+\)|\.class)\s*+\.\s*+forName\s*+\(
    | \[(?:'class'|"class")\]\s*+\.\s*+\w
    | new\s++(?:javax\.script\.)?ScriptEngineManager\s*+\([^)]{0,80}\)\s*+\.getEngineBy
    | getEngineByName\s*+\([^)]{0,80}\)\s*+\.\s*+eval
    | new\s++(?:[a-z]++\.){0,8}(?:MLet|URLClassLoader|ClassPathXmlApplicationContext)\s*+\(
    | @(?:groovy\.transform\.)?(?:ASTTest|Grab)\s*+\(
    | \.execute\(\)\.text\b
    | getClass\(\)\.(?:getClassLoader\(\)\.loadClass|getMethod|getMethods|getDeclared\w{0,20})\(
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BINDING = re.compile(
    r"(?:\A|\.)class(?:\.module)?[.\[]['\"]?(?:classloader|protectiondomain|module)", re.IGNORECASE
)
"""A name that reaches, by data binding, from a form's object to the class loader (Spring4Shell)."""
_SCOPES = re.compile(
    r"[$#%*]\{[^{}]{0,200}?\b(?:applicationScope|sessionScope|requestScope|pageContext|facesContext"
    r"|servletContext|initParam|externalContext)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\bjndi\s*+:\s*+(?:ldaps?|rmi|dns|iiop|corba|nds|nis|https?)\s*+:", re.IGNORECASE
)

JNDI = Feature(("jndi",), _ADDRESS)
BINDING = Feature(("class",), _BINDING)
SCOPES = Feature(("scope", "context", "initparam"), _SCOPES)
_REFLECTING = (
    "getruntime",
    "processbuilder",
    "forname",
    "class",
    "engine",
    "mlet",
    "@ast",
    "@grab",
    "@groovy",
    ".execute",
)
LANGUAGES = (
    (
        Feature(("t(", "t (", "t+(", "t\t(", "t\n("), _SPRING),
        "is an expression for Spring that reaches for a class of Java",
    ),
    (
        Feature(("#", "@", "opensymphony", "redirect"), _OGNL),
        "is an expression for OGNL that reaches for what it must not",
    ),
    (
        Feature(
            _REFLECTING,
            _REFLECTION,
        ),
        "is an expression that has Java run a command or load a class",
    ),
)
"""How to see an expression, and what it is, in words."""

PATTERNS = (
    r"jndi[\s:]*:",
    r"class(?:\.module)?[.\[]['\x22]?(?:classloader|protectiondomain|module)",
    r"\bt[\s+]*\([\s+]*(?:java|javax|org|com|sun|jdk|runtime|system|string|character|class|thread)",
    r"#_?memberaccess|@ognl|@[a-z]\w*(?:\.\w+)+@\w|#context|opensymphony",
    r"#(?:application|session|request|attr|parameters|root|ognlutil|_\w+)\s*[\[.]",
    r"\(#\w+\s*=|#\w+\s*=\s*(?:new\s|@|\(?#)|redirect(?:action)?:[$%]\{|#\w+\.exec\(",
    r"getruntime|processbuilder|forname[\s+]*\(|getengineby|scriptenginemanager|getclass\(\)",
    r"\['class'\]|\[\x22class\x22\]|mlet\(|urlclassloader|classpathxml|@asttest|@grab|@groovy",
    r"\.execute\(\)\.text",
    r"[$#%*]\{[^{}]{0,200}(?:scope|context|initparam)",
)

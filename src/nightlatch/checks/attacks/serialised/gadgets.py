"""Classes that run code, or reach out, when a library makes an object of them."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.value import Clue, Value

MAX_TYPES = 64
_CLASS = LazyPattern(
    r"""
    L?(?:
        com\.sun\.rowset\.JdbcRowSetImpl
        | (?:com\.sun\.)?org\.apache\.(?:xalan|xbean|ibatis|shiro|openjpa|hadoop|axis2|commons\.
             (?:collections4?|beanutils|configuration2?|proxy|dbcp2?|jelly|fileupload)|tomcat\.dbcp
             |activemq|aries|cocoon|velocity|log4j\.receivers|ignite|catalina|cxf)\.[\w.$]+
        | com\.sun\.org\.apache\.(?:xalan|bcel)\.[\w.$]+
        | com\.(?:mchange|zaxxer|mysql\.cj\.jdbc\.admin|caucho|nqadmin|p6spy|newrelic|pastdev
             |alibaba\.druid|taobao)\.[\w.$]+
        | org\.springframework\.(?:beans|context|aop|jndi|transaction|core)\.[\w.$]+
        | org\.(?:codehaus\.groovy|python\.core|mozilla\.javascript|hibernate\.jmx|jboss|jdom2?
             |quartz|aoju|arrah|datanucleus|docx4j)\.[\w.$]+
        | ch\.qos\.logback\.core\.(?:db|util|joran)\.[\w.$]+
        | oracle\.(?:jms|jdbc)\.[\w.$]+ | net\.sf\.(?:ehcache|jsqlparser)\.[\w.$]+
        | javax\.(?:naming|script|management|swing|imageio|activation)\.[\w.$]+
        | java\.(?:lang\.(?:ProcessBuilder|Runtime|AutoCloseable|Class)|beans\.\w+|rmi\.[\w.]+
             |net\.(?:URL|Inet\w+|InetSocketAddress)|util\.logging\.FileHandler|security\.SignedObject
             |util\.(?:PriorityQueue|ServiceLoader[\w$]*))
        | sun\.(?:rmi|reflect|print|security)\.[\w.$]+ | bsh\.(?:Interpreter|XThis)
        | clojure\.(?:lang|core|inspector)[\w.$]* | groovy\.(?:lang|util)\.\w+
        | System\.(?:Windows\.(?:Data|ResourceDictionary|Forms|Markup)[\w.]* | Diagnostics\.Process
             | Configuration\.Install\.AssemblyInstaller | Management\.Automation\.[\w.]+
             | Web\.Security\.RolePrincipal | Security\.(?:Principal\.Windows\w+|Claims\.\w+)
             | IO\.(?:FileInfo|DirectoryInfo|FileStream) | CodeDom\.[\w.]+
             | Activities\.Presentation\.WorkflowDesigner | AppDomain | Data\.DataSet )
        | Microsoft\.VisualStudio\.Text\.Formatting\.\w+ | Microsoft\.Exchange\.[\w.]+
    )(?![\w.])
    """,
    re.VERBOSE,
)
_TYPED = LazyPattern(
    r"""\\?["'](?:@type|\$type|@class|__type|_type|class|javaClass|type)\\?["']\s*+:\s*+\\?["'](?=[A-Zb-s])
      | (?P<head>\[\s*+\\?["'](?=[a-z]))""",
    re.VERBOSE,
)
_LISTED = LazyPattern(
    r"com\.sun\.|com\.mchange|com\.zaxxer|[\w.]*(?:xalan|xbean|TemplatesImpl|JdbcRowSet|Jndi|JNDI)"
    r"|java\.lang\.ProcessBuilder|ch\.qos\.logback\.core\.db|javax\.(?:script|naming)"
    r"|org\.apache\.commons\.(?:collections|beanutils|configuration)|org\.springframework\.context\.support"
)
"""Those that a list may not begin with either; lists of loggers name many others."""
_TYPE_NAME = LazyPattern(r"[.\[](?:@type|\$type|@class|__type|javaClass|class)\]?$")


def gadget_in(text: str, value: Value) -> Clue | None:
    """A gadget's class where a library takes the name of a type, in JSON or as JSON's text."""
    if value.name.endswith("]") or _TYPE_NAME.search(value.name):
        name = _CLASS.match(text)
        if name and (value.name[-1] != "]" or _LISTED.match(name.group())):
            return _clue(name.group(), text)
    for number, match in enumerate(_TYPED.finditer(text)):
        if number == MAX_TYPES:
            return None
        name = _CLASS.match(text, match.end())
        if name and (not match["head"] or _LISTED.match(name.group())):
            return _clue(name.group(), text)
    return None


def _clue(name: str, text: str) -> Clue:
    return Clue(90, f"names the class {name[:80]}, which runs code when it is made", text)

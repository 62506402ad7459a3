"""PHP's serialisation: what `unserialize` makes objects of."""

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.value import Clue

# O:LENGTH:"CLASS":FIELDS:{…}, C for classes with a format of their own. Old PHP takes "+4" for 4,
# which filters forget.
_OBJECT = LazyPattern(
    r'(?:\A|[;{|:"\'\s=\0&])(?P<kind>[OC]):(?P<sign>\+?)(?P<length>\d{1,3}):\\?"(?P<name>[\\\w]{1,200}+)\\?"'
    r":\+?\d{1,5}:(?P<open>\{?)"
)


def read_php(text: str) -> Clue | None:
    """The first object in the text whose class is given with its right length."""
    if "O:" not in text and "C:" not in text:
        return None
    for match in _OBJECT.finditer(text):
        name = match["name"].rstrip("\\")
        why = f"makes a PHP object of the class {name[:60]}"
        if match["sign"]:
            return Clue(92, why, text)
        right = int(match["length"]) in (len(name), len(name.replace("\\\\", "\\")))
        if match["open"]:
            return Clue(88 if right else 70, why, text)
    return None

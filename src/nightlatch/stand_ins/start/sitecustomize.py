"""Read by Python when it starts, wherever `nightlatch run` has put this directory on PYTHONPATH.

Its name is taken from whoever has a `sitecustomize` of their own: theirs is read afterwards, as if
this one were not there. Any Python may come by here, also one that has no Nightlatch.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path


def _stand_in() -> None:
    try:
        from nightlatch.stand_ins import install
    except Exception as error:  # noqa: BLE001
        sys.stderr.write(
            f"nightlatch run: {sys.executable} has no Nightlatch ({error}). What it imports of "
            "Treblle stays as it is; pip install nightlatch there.\n"
        )
    else:
        install()


def _read_theirs() -> None:
    here = Path(__file__).parent
    sys.path[:] = [place for place in sys.path if Path(place) != here]
    spec = PathFinder.find_spec("sitecustomize")
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_stand_in()
_read_theirs()

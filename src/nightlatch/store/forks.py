"""What a process opened, a child that it forks must neither use nor close."""

import ctypes


def leave_to_parent(*things: object) -> None:
    """In a child: see to it that these are never finalised, not even at the child's end.

    A database that is closed in a child writes to the parent's file: DuckDB folds its log into it
    and deletes it, and what the parent writes from then on is gone. To forget the object is to
    close it; to keep it in a module lasts only until the interpreter ends. So it gets a reference
    that nobody holds.
    """
    for thing in things:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))

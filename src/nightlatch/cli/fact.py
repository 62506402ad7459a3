"""One thing that the doctor found, and what to do about it."""

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


class Fact(Struct, frozen=True):
    state: State
    about: str
    text: str
    advice: str = ""

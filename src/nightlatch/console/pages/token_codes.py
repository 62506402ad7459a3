"""One-time codes on the bench: enrolled, shown, checked, and a clock that is off found."""

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.console.context import Fields, Here
from nightlatch.console.pages.token_bench import read_form, show
from nightlatch.identity.one_time_codes import (
    DIGESTS,
    Checked,
    Enrolment,
    check,
    code_at,
    enrol,
    read_enrolment,
)

router = APIRouter(prefix="/tokens/codes")
PERIODS = ("30", "20", "60", "90")
DIGITS = ("6", "7", "8")
MAX_NAME = 100


class CodesForm(Struct, frozen=True):
    """The fields as typed."""

    issuer: str = "Example"
    account: str = "ada@example.com"
    by: str = "time"
    period: str = "30"
    digits: str = "6"
    algorithm: str = "SHA1"
    shared: str = ""
    """The address or secret that is worked with."""
    code: str = ""
    do: str = ""
    """`new`: make a secret."""

    def __repr__(self) -> str:
        return "CodesForm(…)"


class Shown(Struct, frozen=True):
    enrolment: Enrolment
    code: str
    left: float | None
    """Seconds that the code is still good for; None by counter."""
    step: int
    picture: str
    """The QR code, as a data address; empty where it would not fit."""
    checked: Checked | None


@router.get("")
def show_codes(request: Request) -> HTMLResponse:
    return _answered(request, CodesForm(), None, "")


@router.post("")
def work(request: Request, fields: Fields, here: Here) -> HTMLResponse:
    form, now = read_form(fields, CodesForm), here.clock()
    try:
        if form.do == "new":
            form = replace(form, shared=_enrolled(form).uri, code="")
        shared = form.shared.strip()
        shown = _shown(read_enrolment(shared), form.code.strip(), now) if shared else None
    except ValueError as fault:
        return _answered(request, form, None, str(fault))
    return _answered(request, form, shown, "")


def _enrolled(form: CodesForm) -> Enrolment:
    """Raises ValueError."""
    return enrol(
        form.account.strip()[:MAX_NAME],
        form.issuer.strip()[:MAX_NAME],
        by_counter=form.by == "counter",
        digits=_number(form.digits, "digits"),
        period=_number(form.period, "period") if form.by != "counter" else 30,
        algorithm=form.algorithm,
    )


def _number(text: str, what: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise ValueError(f"the {what} is a number")
    return int(text)


def _shown(enrolment: Enrolment, code: str, now: float) -> Shown:
    by_counter = enrolment.counter is not None
    return Shown(
        enrolment,
        code_at(enrolment, now),
        None if by_counter else enrolment.period - now % enrolment.period,
        enrolment.counter if enrolment.counter is not None else int(now // enrolment.period),
        _picture(enrolment.uri),
        check(enrolment, code, now) if code else None,
    )


def _picture(text: str) -> str:
    try:
        # White behind it in the dark too: cameras look for dark on light.
        return segno.make(text, error="m").svg_data_uri(scale=4, border=3, light="#fff")
    except segno.DataOverflowError:
        return ""


def _answered(request: Request, form: CodesForm, shown: Shown | None, problem: str) -> HTMLResponse:
    return show(
        request,
        "codes",
        form=form,
        shown=shown,
        problem=problem,
        algorithms=tuple(DIGESTS),
        periods=PERIODS,
        digits=DIGITS,
    )

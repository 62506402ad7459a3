"""The replays as one picture: how many people would have left, and how many did.

matplotlib is imported here and nowhere else, when a picture is asked for.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from nightlatch.workbench.replay.result import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOOD = 200
WORST = 2_000
"""What Nightlatch wants to keep below: the median of all runs, and each of them."""
FORMATS = (".svg", ".png", ".pdf")

_INK, _PALE, _GREY = "#1f2937", "#6b7280", "#cbd5e1"
_BEFORE, _AFTER, _LATE = "#b45309", "#0f766e", "#b91c1c"
_ROW, _GAP = 0.165, 1.3
"""Inches that a run takes, and runs' worth of room between two breaches."""


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the picture; the file's ending says what it is (`FORMATS`)."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    places = _places(rows)
    height = 1.9 + _ROW * (max(places.values(), default=1.0) + 2)
    figure = Figure(figsize=(9.5, height), layout="constrained")
    axes = figure.add_subplot()
    _axis(axes, rows, max(places.values(), default=1.0))
    for row, at in places.items():
        _run(axes, rows[row], at)
    _names(axes, rows, places)
    _words(axes)
    # The same rows make the same file: no date, and no ids by chance.
    with rc_context({"svg.hashsalt": "nightlatch"}):
        figure.savefig(path, dpi=160, metadata={"Date": None} if path.suffix == ".svg" else None)


def _places(rows: Sequence[Row]) -> dict[int, float]:
    """How far down each row stands."""
    places: dict[int, float] = {}
    at = 0.0
    for _, group in groupby(range(len(rows)), key=lambda nth: rows[nth].id):
        for nth in group:
            places[nth] = at
            at += 1
        at += _GAP
    return places


def _axis(axes: "Axes", rows: Sequence[Row], bottom: float) -> None:
    most = max((row.main.disclosed_unprotected for row in rows if row.seen), default=10)
    axes.set_xscale("symlog", linthresh=1, linscale=0.6)
    axes.set_xlim(-0.25, max(most, WORST) * 2)
    axes.set_ylim(bottom + 1, -2.2)
    ticks = [0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
    ticks = [tick for tick in ticks if tick <= max(most, WORST) * 2]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks([])
    axes.tick_params(axis="x", colors=_PALE, length=0, labelsize=9)
    axes.grid(axis="x", color="#eef2f6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    for limit, words in ((GOOD, "median wanted"), (WORST, "worst wanted")):
        axes.axvline(limit, color=_GREY, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
        axes.text(
            limit, -1.3, f" {words}: {limit:,}", color=_PALE, fontsize=8, ha="left", va="center"
        )


def _run(axes: "Axes", row: Row, at: float) -> None:
    if not row.seen:
        axes.text(0.05, at, "not seen in traffic, not counted", color=_PALE, fontsize=8.5,
                  va="center", style="italic")  # fmt: skip
        return
    before, after = row.main.disclosed_unprotected, row.main.disclosed
    colour = _AFTER if after <= WORST else _LATE
    axes.plot([after, before], [at, at], color=_GREY, linewidth=1.6, zorder=2)
    axes.plot(before, at, "o", color="white", markeredgecolor=_BEFORE, markersize=5, zorder=3)
    axes.plot(after, at, "o", color=colour, markersize=5.5, zorder=4)
    if after:
        axes.annotate(
            f"{after:,}", (after, at), (-6, 0), textcoords="offset points", color=colour,
            fontsize=7.5, ha="right", va="center",
        )  # fmt: skip


def _names(axes: "Axes", rows: Sequence[Row], places: dict[int, float]) -> None:
    across = axes.get_yaxis_transform()
    for nth, at in places.items():
        row = rows[nth]
        if nth == 0 or rows[nth - 1].id != row.id:
            axes.text(-0.235, at, row.id, transform=across, color=_INK, fontsize=9.5,
                      fontweight="bold", ha="left", va="center")  # fmt: skip
        if row.seen:
            axes.text(-0.012, at, f"{row.addresses:,}", transform=across, color=_PALE,
                      fontsize=8.5, ha="right", va="center")  # fmt: skip
    axes.text(-0.012, -1.3, "addresses", transform=across, color=_PALE, fontsize=8,
              ha="right", va="center")  # fmt: skip


def _words(axes: "Axes") -> None:
    axes.set_title(
        "People whose records left, without and with Nightlatch", loc="left", x=-0.235,
        color=_INK, fontsize=13, fontweight="bold", pad=26,
    )  # fmt: skip
    axes.set_xlabel("different people, logarithmic", color=_PALE, fontsize=9, loc="left")
    axes.plot(
        [], [], "o", color="white", markeredgecolor=_BEFORE, markersize=5, label="unprotected"
    )
    axes.plot([], [], "o", color=_AFTER, markersize=5.5, label="enforced, default settings")
    axes.plot([], [], "o", color=_LATE, markersize=5.5, label="more than wanted")
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.245, 1.0), ncols=3, frameon=False, fontsize=9,
        labelcolor=_INK, handletextpad=0.2, columnspacing=1.4, borderaxespad=0.1,
    )  # fmt: skip

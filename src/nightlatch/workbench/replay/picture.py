"""The replays as one picture: how many people would have left, and how many did.

One line for each breach, one dot for each number of addresses. matplotlib is imported here and
nowhere else, when a picture is asked for.
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
_LINE = 0.27
"""Inches that a breach takes."""
_LEFT = -0.2
"""Where the names begin, in widths of the plot."""


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the picture; the file's ending says what it is (`FORMATS`). Its ground is white, so
    that it can be read on a dark page as well."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    breaches = [list(group) for _, group in groupby(rows, key=lambda row: row.id)]
    # The same rows make the same file: no date, and no ids by chance. Words stay words.
    with rc_context({"svg.hashsalt": "nightlatch", "svg.fonttype": "none"}):
        layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.12)
        figure = Figure(figsize=(8.4, 1.55 + _LINE * len(breaches)), layout=layout)
        figure.set_facecolor("white")
        axes = figure.add_subplot()
        _axis(axes, rows, len(breaches))
        for at, runs in enumerate(breaches):
            _breach(axes, runs, at)
        _words(axes, rows)
        figure.savefig(path, dpi=160, metadata={"Date": None} if path.suffix == ".svg" else None)


def _axis(axes: "Axes", rows: Sequence[Row], lines: int) -> None:
    most = max((row.main.disclosed_unprotected for row in rows if row.seen), default=10)
    widest = max(most, WORST) * 2
    axes.set_xscale("symlog", linthresh=1, linscale=0.5)
    axes.set_xlim(-0.3, widest)
    axes.set_ylim(lines - 0.3, -1.15)
    ticks = [tick for tick in (0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000) if tick <= widest]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks([])
    axes.tick_params(axis="x", colors=_PALE, length=0, labelsize=8.5)
    axes.grid(axis="x", color="#eef2f6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    for limit, words in ((GOOD, "median wanted"), (WORST, "worst wanted")):
        axes.axvline(limit, color=_GREY, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
        axes.text(
            limit, -0.8, f" {words}: {limit:,}", color=_PALE, fontsize=7.5, ha="left", va="center"
        )


def _breach(axes: "Axes", runs: Sequence[Row], at: float) -> None:
    across = axes.get_yaxis_transform()
    axes.text(_LEFT, at, runs[0].id, transform=across, color=_INK, fontsize=9, ha="left",
              va="center")  # fmt: skip
    seen = [row.main for row in runs if row.seen]
    if not seen:
        axes.text(0.05, at, "not seen in traffic, not counted", color=_PALE, fontsize=8,
                  va="center", style="italic")  # fmt: skip
        return
    most, least = max(one.disclosed_unprotected for one in seen), min(one.disclosed for one in seen)
    axes.plot([least, most], [at, at], color=_GREY, linewidth=1.4, zorder=2)
    for one in seen:
        axes.plot(one.disclosed_unprotected, at, "o", color="white", markeredgecolor=_BEFORE,
                  markersize=5, zorder=3)  # fmt: skip
        colour = _AFTER if one.disclosed <= WORST else _LATE
        axes.plot(one.disclosed, at, "o", color=colour, alpha=0.75, markeredgewidth=0,
                  markersize=6, zorder=4)  # fmt: skip
    worst = max(one.disclosed for one in seen)
    axes.annotate(
        f"{worst:,}", (worst, at), (6, 0), textcoords="offset points", fontsize=7.5,
        color=_AFTER if worst <= WORST else _LATE, ha="left", va="center", zorder=5,
        bbox={"boxstyle": "square,pad=0.1", "color": "white", "alpha": 0.85},
    )  # fmt: skip


def _words(axes: "Axes", rows: Sequence[Row]) -> None:
    axes.set_title(
        "People whose records left, without and with Nightlatch", loc="left", x=_LEFT, color=_INK,
        fontsize=12, fontweight="bold", pad=22,
    )  # fmt: skip
    counts = sorted({row.addresses for row in rows if row.addresses})
    words = f"different people, logarithmic; a dot for each attack from {_listed(counts)} addresses"
    axes.set_xlabel(words, color=_PALE, fontsize=8.5, loc="left")
    axes.plot(
        [], [], "o", color="white", markeredgecolor=_BEFORE, markersize=5, label="unprotected"
    )
    axes.plot([], [], "o", color=_AFTER, markersize=6, label="enforced, default settings")
    if any(row.main.disclosed > WORST for row in rows if row.seen):
        axes.plot([], [], "o", color=_LATE, markersize=6, label="more than wanted")
    axes.legend(
        loc="lower left", bbox_to_anchor=(_LEFT - 0.012, 0.985), ncols=3, frameon=False,
        fontsize=8.5, labelcolor=_INK, handletextpad=0.2, columnspacing=1.4, borderaxespad=0.1,
    )  # fmt: skip


def _listed(counts: Sequence[int]) -> str:
    words = [f"{count:,}" for count in counts]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)

"""One number of a source beside the one that came out."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

Value = float | str


@dataclass(frozen=True)
class Finding:
    """`printed` is what the source printed, `asked` what must hold; a number that is only shown has `agrees` None."""

    what: str
    printed: Value
    asked: str
    came_out: Value
    agrees: bool | None

    WIDTHS: ClassVar = (62, 16, 14, 16)
    HEAD: ClassVar = "".join(
        f"{word:<{width}}"
        for word, width in zip(("what", "printed", "asked", "came out"), WIDTHS, strict=True)
    ) + "agrees"  # fmt: skip

    def __str__(self) -> str:
        return "".join(f"{cell:<{width}}" for cell, width in zip(self.cells, (*self.WIDTHS, 0), strict=True))

    @property
    def cells(self) -> tuple[str, ...]:
        """The finding as texts, in the order of HEAD."""
        word = {True: "yes", False: "NO", None: ""}[self.agrees]
        return self.what, _text(self.printed), self.asked, _text(self.came_out), word

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return asdict(self)


def digits(what: str, printed: float, came_out: float, n: int) -> Finding:
    """A number that must come out with the same `n` digits behind the point."""
    agrees = abs(came_out - printed) <= 0.5000001 * 10.0**-n
    return Finding(what, f"{printed:.{n}f}", f"{n} digits", f"{came_out:.{n}f}", bool(agrees))


def near(what: str, printed: float, came_out: float, tolerance: float) -> Finding:
    """A number that must come out within `tolerance`."""
    agrees = abs(came_out - printed) <= tolerance * (1 + 1e-9)
    return Finding(what, printed, f"+- {tolerance:.2g}", came_out, bool(agrees))


def at_least(what: str, printed: Value, came_out: float, floor: float) -> Finding:
    """A number that must not come out below `floor`."""
    return Finding(what, printed, f">= {floor:g}", came_out, bool(came_out >= floor))


def at_most(what: str, printed: Value, came_out: float, ceiling: float) -> Finding:
    """A number that must not come out above `ceiling`."""
    return Finding(what, printed, f"<= {ceiling:g}", came_out, bool(came_out <= ceiling))


def holds(what: str, printed: Value, came_out: Value, truth: bool) -> Finding:
    """A statement that must be true."""
    return Finding(what, printed, "true", came_out, bool(truth))


def shown(what: str, printed: Value, came_out: Value) -> Finding:
    """A number of which nothing is asked."""
    return Finding(what, printed, "", came_out, None)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"

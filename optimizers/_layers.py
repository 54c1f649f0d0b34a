"""Where the layers and the matrices lie, in a form that a state can hold: numbers alone."""

from collections.abc import Iterable

from network.layout import Layout, Matrix, Parameter, Vector
from optimizers._base import State


def layers(layout: Layout) -> list[list[int]]:
    """For each layer [start, stop]: where its weights and, behind them, its bias lie in the flat vector."""
    starts = [parameter.offset for parameter in layout.parameters if parameter.role == "weight"]
    return [[start, stop] for start, stop in zip(starts, [*starts[1:], layout.n], strict=True)]


def runs(parameters: Iterable[Parameter]) -> list[list[int]]:
    """For each run of neighbours among the parameters [start, stop]: where it lies in the flat vector."""
    found: list[list[int]] = []
    for parameter in parameters:
        if found and found[-1][1] == parameter.offset:
            found[-1][1] += parameter.size
        else:
            found.append([parameter.offset, parameter.offset + parameter.size])
    return found


def place(parameter: Parameter) -> State:
    """Where a matrix lies in the flat vector, and its shape."""
    rows, columns = parameter.shape
    return State(start=parameter.offset, stop=parameter.offset + parameter.size, rows=rows, columns=columns)


def matrix(vector: Vector, place: State) -> Matrix:
    """The matrix at that place of `vector` (n,), as a view."""
    return vector[place.start : place.stop].reshape(place.rows, place.columns)

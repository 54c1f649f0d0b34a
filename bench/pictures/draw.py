"""The pictures by name: the numbers first, then the drawing."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench import registry
from bench.pictures.functions import FUNCTIONS
from bench.plugin import PluginError


def landscape(
    functions: Sequence[str],
    optimizers: Sequence[str],
    file: Path,
    *,
    n_steps: int | None = None,
    animate: bool = False,
) -> Path:
    """Draw the optimizers' paths on each of these FUNCTIONS, as a picture or as an animated GIF.

    Raises PluginError where there is no optimizer, or none of a name.
    """
    from bench.pictures.paths import best_paths

    if not optimizers:
        raise PluginError("landscape: optimizers must be at least one, got none")
    for name in optimizers:
        registry.optimizer(name)  # a wrong name shall not wait for the paths of the others
    found = [(FUNCTIONS[name], best_paths(optimizers, FUNCTIONS[name], n_steps)) for name in functions]
    from bench.pictures import figures  # matplotlib takes its time

    return figures.animation(found, file) if animate else figures.landscape(found, file)


def confusion(file: Path, optimizer: str = "adam", dataset: str = "mnist", epochs: int = 1, seed: int = 1) -> Path:
    """Train, then draw the confusion matrix of the test part and the surest mistakes."""
    from bench.pictures.mistakes import mistakes

    found = mistakes(optimizer, dataset, epochs, seed)
    from bench.pictures import figures

    return figures.mistakes(found, file)


def picture(name: str, file: Path) -> Path:
    """Draw one of PICTURES."""
    return PICTURES[name](file)


def _bias_correction(file: Path) -> Path:
    from bench.pictures import figures
    from bench.pictures.averages import averages, step_sizes, temperatures

    series = temperatures()
    return figures.bias_correction(
        series, {beta: averages(series, beta) for beta in (0.9, 0.98)}, step_sizes(3000), file
    )


def _schedules(file: Path) -> Path:
    from bench.pictures import figures
    from bench.pictures.rates import all_rates

    return figures.schedules(all_rates(), file)


def _signals(file: Path) -> Path:
    from bench.pictures import figures
    from bench.pictures.signals import signals_of_starts

    return figures.signals(
        {activation: signals_of_starts(activation) for activation in ("relu", "tanh", "sigmoid")}, file
    )


def _symmetry(file: Path) -> Path:
    from bench.pictures import figures
    from bench.pictures.signals import units

    return figures.symmetry({start: units(start) for start in ("zeros", "glorot")}, file)


PICTURES: dict[str, Callable[[Path], Path]] = {
    "bias-correction": _bias_correction,
    "schedules": _schedules,
    "signals": _signals,
    "symmetry": _symmetry,
    "confusion": confusion,
}

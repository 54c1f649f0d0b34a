"""What one trial is trained, validated and tested on."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import datasets
from bench.batches import Examples, Rows


@dataclass(frozen=True)
class Parts:
    """A dataset split into training, validation and test part, with the scaling that the training part asks for."""

    data: datasets.Dataset
    x: NDArray[Any]
    y: NDArray[np.intp]
    train: Rows
    validation_rows: Rows
    test: Examples
    scaling: datasets.Scaling

    @classmethod
    def load(cls, dataset: str, scaling: str, rng: np.random.Generator) -> "Parts":
        """Load a dataset by name or folder and split it by `rng`."""
        data = datasets.load(dataset)
        train, validation = datasets.split(len(data.x_train), rng)
        scale = datasets.scaling(scaling, data.x_train, data.n_silent, train)
        x = data.x_train if scale.keeps_zero else data.widen(data.x_train)
        test = (data.x_test, data.y_test, None)
        return cls(data, x, data.y_train, train, validation, test, scale)

    @property
    def n_features(self) -> int:
        """How many numbers an example has."""
        return self.data.n_features

    @property
    def n_classes(self) -> int:
        """How many different labels there are."""
        return self.data.n_classes

    @cached_property
    def n_blank(self) -> Rows | None:
        """How many zeros each row of `x` begins with; None where there are none, or a zero becomes something else."""
        return self.data.n_blank if self.scaling.keeps_zero and self.data.n_blank.any() else None

    @cached_property
    def validation(self) -> Examples:
        """The validation part."""
        return self._examples(self.validation_rows)

    @cached_property
    def train_sample(self) -> Examples:
        """As many training examples as there are validation examples, to tell training from validation accuracy."""
        return self._examples(self.train[: len(self.validation_rows)])

    def _examples(self, rows: Rows) -> Examples:
        """These rows; those that begin with the fewest zeros come first."""
        if self.n_blank is None:
            return self.x[rows], self.y[rows], None
        rows = rows[self.n_blank[rows].argsort(kind="stable")]
        return self.x[rows], self.y[rows], self.n_blank[rows]

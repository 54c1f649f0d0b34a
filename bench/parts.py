"""What one trial is trained, validated and tested on."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import datasets

Examples = tuple[NDArray[Any], NDArray[np.intp]]  # inputs (rows, n_features), labels (rows,)


@dataclass(frozen=True)
class Parts:
    """A dataset split into training, validation and test part, with the scaling that the training part asks for."""

    data: datasets.Dataset
    x: NDArray[Any]
    y: NDArray[np.intp]
    train: NDArray[np.intp]
    validation_rows: NDArray[np.intp]
    test: Examples
    scaling: datasets.Scaling

    @classmethod
    def load(cls, dataset: str, scaling: str, rng: np.random.Generator) -> "Parts":
        """Load a dataset by name or folder and split it by `rng`."""
        data = datasets.load(dataset)
        train, validation = datasets.split(len(data.x_train), rng)
        scale = datasets.scaling(scaling, data.x_train, data.n_silent, train)
        x = data.x_train if scale.keeps_zero else data.widen(data.x_train)
        test = (data.x_test, data.y_test)
        return cls(data, x, data.y_train, train, validation, test, scale)

    @property
    def n_features(self) -> int:
        """How many numbers an example has."""
        return self.data.n_features

    @property
    def n_classes(self) -> int:
        """How many different labels there are."""
        return self.data.n_classes

    @property
    def n_blank(self) -> NDArray[np.intp] | None:
        """How many zeros each row of `x` begins with, None where the scaling makes something else of a zero."""
        return self.data.n_blank if self.scaling.keeps_zero else None

    @cached_property
    def validation(self) -> Examples:
        """The validation part."""
        return self.x[self.validation_rows], self.y[self.validation_rows]

    @cached_property
    def train_sample(self) -> Examples:
        """As many training examples as there are validation examples, to tell training from validation accuracy."""
        rows = self.train[: len(self.validation_rows)]
        return self.x[rows], self.y[rows]

"""What a plan file may say, table by table, with its defaults."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=1)]
Strength = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BatchNormTable(_Table):
    """`batch_norm = { ... }`: what keeps its division finite, and the newest batch's weight in the averages."""

    eps: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1e-5
    momentum: Annotated[float, Field(ge=0, le=1)] = 0.1


class NetworkTable(_Table):
    """`[network]`: the widths of the hidden layers, their activation, and what is equal for all optimizers.

    `output = "sigmoid"` is one output unit for two classes. `l1` and `l2` are strengths of penalties in the loss,
    divided by the size of the training part; `dropout` is the probability that a hidden unit is left out of a step.
    """

    hidden: tuple[Count, ...] = (128, 64)
    activation: Literal["relu", "sigmoid", "tanh", "identity"] = "relu"
    output: Literal["softmax", "sigmoid"] = "softmax"
    l1: Strength = 0.0
    l2: Strength = 0.0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    batch_norm: bool | BatchNormTable = False

    def fields(self) -> dict[str, Any]:
        """The table as a spec has it."""
        values = self.model_dump()
        settings = BatchNormTable() if self.batch_norm is True else self.batch_norm
        return values | {"batch_norm": settings.model_dump() if settings else None}


class EarlyStoppingTable(_Table):
    """`early_stopping = { ... }`: stop once `patience` evaluations in a row have brought no better `monitor`."""

    monitor: Literal["validation_loss", "validation_accuracy"] = "validation_loss"
    patience: Count


class AugmentationTable(_Table):
    """`augmentation = { ... }`: move training images by up to `shift` pixels, turn them by up to `rotation` degrees."""

    shift: Annotated[int, Field(ge=0)] = 0
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0

    @model_validator(mode="after")
    def _does_something(self) -> "AugmentationTable":
        if not (self.shift or self.rotation):
            raise ValueError("shift or rotation must be above 0")
        return self


class TrainingTable(_Table):
    """`[training]`: how training goes, equal for all optimizers."""

    early_stopping: EarlyStoppingTable | None = None
    augmentation: AugmentationTable | None = None
    drop_last: bool = False
    sampling: Literal["shuffle", "with_replacement", "shadowed"] = "shuffle"


class OptimizerTable(BaseModel):
    """`[optimizers.LABEL]`: the rule that runs under this label, its batch size, its schedule, its hyperparameters.

    `rule` is the label itself unless given; `batch_size = "full"` is the whole training part.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    rule: str | None = None
    batch_size: Count | Literal["full"] | None = None
    schedule: str | dict[str, Any] | None = None


class ExperimentTable(_Table):
    """`[[experiment]]`: every optimizer with every initializer, every seed and every multiple of its learning rate.

    What its own `network` and `training` tables say takes the place of what the plan's say.
    """

    name: str
    optimizers: tuple[str, ...] = Field(min_length=1)
    initializers: tuple[str | dict[str, Any], ...] = Field(default=("he",), min_length=1)
    seeds: Count | frozenset[Annotated[int, Field(ge=0)]] = 3
    epochs: Count = 10
    evaluations_per_epoch: Count = 2
    lr_multiples: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(1.0,), min_length=1)
    network: NetworkTable = NetworkTable()
    training: TrainingTable = TrainingTable()


class Plan(_Table):
    """A plan file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]*$")]
    description: str = ""
    dataset: str = "mnist"
    scaling: Literal["none", "unit", "zscore"] = "unit"
    time_limit_s: Annotated[float, Field(gt=0)] = 600
    throughput: bool = True
    network: NetworkTable = NetworkTable()
    training: TrainingTable = TrainingTable()
    optimizers: dict[str, OptimizerTable] = {}
    experiment: tuple[ExperimentTable, ...]

    @model_validator(mode="after")
    def _experiments_differ(self) -> "Plan":
        if not self.experiment:
            raise ValueError("there must be at least one [[experiment]]")
        names = [experiment.name for experiment in self.experiment]
        if len(set(names)) < len(names):
            raise ValueError(f"experiment names must differ, got {', '.join(names)}")
        return self

"""How a label is named in a figure."""

from bench.report.experiment import Experiment


def short(name: str, most: int = 28) -> str:
    """A name that leaves room for the picture; matplotlib keeps names that begin with _ out of legends."""
    name = f" {name}" if name.startswith("_") else name
    return name if len(name) <= most else f"{name[: most - 1]}…"


def name_through(experiment: Experiment, label: str) -> str:
    """A label, and below it how many of its seeds got through where some did not."""
    statuses = experiment.trials.loc[experiment.trials["label"] == label, "status"]
    through = (statuses == "done").sum()
    name = short(label)
    return name if through == len(statuses) else f"{name}\n{through} of {len(statuses)} seeds got through"

"""What a report says, in which order: text, tables and figures, before they become a page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from bench.report import against, cells, profiles, seconds, sensitivity, tables, throughput
from bench.report.experiment import Experiment
from bench.report.profiles import Problems
from bench.report.table import Table, missing, percent
from bench.statistics import binomial_error
from bench.store import Run

if TYPE_CHECKING:
    from bench.report.explore import Chart
    from bench.report.figures import Figure, Look

CONTENDED = (
    "The seconds are contended: as many trials ran at once as there are cores, and they shared memory and caches. "
    "Quality runs share the machine; throughput is measured alone."
)
BANDS = (
    "A line is the mean over the seeds that are still there, its band the 95 % interval (Student's t). Where a seed "
    "was lost on the way, the figure says how many got through. A loss far above the start is out of the picture."
)
GAP = (
    "Train is a fixed sample of the training part, after the last step. A low train accuracy is bias; a wide gap, in "
    "percentage points, is variance. A method that lost a seed has no rank: the mean of the survivors flatters it."
)
CENSORED = (
    "A trial that ends without a target is censored at its end, never given that end as its time; one that was lost "
    "will not come any more. The median is the place by which half of the seeds had come, the interval that of the "
    "epochs (Brookmeyer and Crowley); a dash is an end that so few seeds leave open. "
    "Places are evaluation points: the target was passed somewhere before."
)
ZEROS = (
    "From zeros nothing is learned: every hidden unit stays a copy of its neighbours and gets a zero gradient, so only "
    "the output biases learn, and the network gives one answer to everything, at best the commonest class."
)
SYMMETRY = (
    "From zeros the symmetry is never broken: every unit of a hidden layer stays a copy of its neighbours, and the "
    "layer is worth one unit."
)
ALONE = (
    "Timed alone on the machine, before the trials, with one BLAS thread. A step gathers its batch, goes forward and "
    "backward, and updates. The update alone is that behind a batch of 64; gradient descent's depends on the batch, "
    "for it leaves out the zeros that the gradient begins with."
)
AGAIN = (
    "The same plan gives the same metrics to the last bit on one machine; only seconds differ. Where the plan is a "
    "file of your own, give its path. Trials that are in the results already are not run again."
)
N_TEST = {"mnist": 10_000}
ONES = " Of MNIST's test images 11.35 % are ones."


@dataclass(frozen=True)
class Section:
    """A part of the report; `lead` is its finding, `folded` are tables that open on demand, `code` is what to type.

    `charts` are what the page shows instead of the figures where it may run its scripts.
    """

    title: str
    lead: str = ""
    text: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence["Figure"] = ()
    folded: Sequence[Table] = ()
    code: str = ""
    charts: Sequence["Chart"] = ()
    settings: Sequence[dict[str, str]] = ()


@dataclass(frozen=True)
class Content:
    """All sections, and each label's look."""

    sections: list[Section]
    styles: dict[str, "Look"]

    @property
    def charts(self) -> list["Chart"]:
        """The charts of all sections."""
        return [chart for section in self.sections for chart in section.charts]


def draw(run: Run, compared: list[Experiment], folder: Path) -> Content:
    """The report's content, with its figures drawn into `folder`."""
    from bench.report import figures

    timed = throughput.throughput_rows(folder / "throughput.json")
    styles = figures.looks([*run.trials["label"], *(row["label"] for row in timed)])
    pictures = folder / "figures"
    sections = [
        *(s for e in compared if not e.compares_initializers for s in _optimizers(e, styles, pictures)),
        _throughput(timed, styles, pictures),
        *(s for e in compared if e.compares_initializers for s in _initializers(e, styles, pictures)),
        *(s for e in compared for s in _learning_rates(e, pictures)),
        _failures(run),
        _hyperparameters(run),
        _machine(run),
        _again(run),
    ]
    return Content(sections, styles)


def _optimizers(experiment: Experiment, styles: dict[str, Any], pictures: Path) -> Iterator[Section]:
    from bench.report import explore, figures

    name = experiment.name
    rows = tables.accuracy_rows(experiment)
    notes = [GAP, *_counting_error(experiment), *against.notes(experiment, rows), cells.needed(experiment)]
    compared = [tables.accuracy(experiment), *_against(experiment, rows)]
    dots, charts = figures.final_accuracy(experiment, styles, pictures), explore.final_accuracy(experiment, styles)
    yield Section(f"Accuracy: {name}", against.headline(experiment, rows), notes, compared, dots, charts=charts)
    curves = figures.curves(experiment, styles, pictures)
    notes = [BANDS, CONTENDED] if curves else ["No trial left a curve."]
    yield Section(f"Convergence: {name}", text=notes, figures=curves, charts=explore.curves(experiment, styles))
    reached = tables.time_to_target(experiment)
    notes = [CENSORED, CONTENDED, profiles.needed(experiment, Problems.of(experiment, reached.data))]
    yield Section(f"Time to target: {name}", text=notes, tables=[reached])
    yield Section(f"Seconds: {name}", text=[seconds.PROCESS, CONTENDED], tables=[seconds.seconds(experiment)])


def _against(experiment: Experiment, rows: list[dict[str, Any]]) -> list[Table]:
    table = against.against_best(experiment, rows)
    return [table] if table.rows else []


def _counting_error(experiment: Experiment) -> Iterator[str]:
    """How far one accuracy can be off because the test part is finite, where we know how large that is."""
    n = N_TEST.get(experiment.trials["dataset"].iloc[0])
    best = experiment.trials["test_accuracy"].max()
    if n and not missing(best):
        error = f"{100 * binomial_error(best, n):.2f}"
        yield f"Counted on {n:,} test images, an accuracy of {percent(best)} has a standard error of {error} points."


def _throughput(timed: list[dict[str, Any]], styles: dict[str, Any], pictures: Path) -> Section:
    from bench.report import explore, figures

    if not timed:
        return Section("Throughput", text=["Throughput was not measured in this run."])
    bars = figures.throughput(timed, styles, pictures)
    table, charts = throughput.throughput(timed), explore.throughput(timed, styles)
    return Section("Throughput", "", [ALONE, *throughput.notes(timed)], [table], bars, charts=charts)


def _initializers(experiment: Experiment, styles: dict[str, Any], pictures: Path) -> Iterator[Section]:
    from bench.report import explore, figures

    matrix = tables.accuracy_matrix(experiment)
    static = [*figures.heat_map(experiment, matrix, pictures), *figures.multiples(experiment, styles, pictures)]
    charts = [*explore.heat_map(experiment, matrix, styles), *explore.curves(experiment, styles)]
    rows = tables.accuracy_rows(experiment)
    reached = tables.time_to_target(experiment)
    folded = [tables.accuracy(experiment), *_against(experiment, rows), reached, seconds.seconds(experiment)]
    notes = [*_about_zeros(experiment), *against.notes(experiment, rows)]
    verdict, shown = against.headline(experiment, rows), [tables.initializers(experiment)]
    yield Section(f"Initializers: {experiment.name}", verdict, notes, shown, static, folded, charts=charts)
    yield _ranks(experiment, styles, pictures)
    yield _profiles(experiment, Problems.of(experiment, reached.data), styles, pictures)


def _ranks(experiment: Experiment, styles: dict[str, Any], pictures: Path) -> Section:
    from bench.report import figures

    title, ranking = f"Ranks: {experiment.name}", cells.ranking(experiment)
    if ranking is None:
        return Section(title, text=[cells.needed(experiment)])
    diagram = figures.critical_difference(experiment, ranking, styles, pictures)
    return Section(title, "", [cells.friedman(ranking)], [cells.ranks(experiment, ranking)], diagram)


def _profiles(experiment: Experiment, problems: Problems, styles: dict[str, Any], pictures: Path) -> Section:
    from bench.report import figures

    title = f"Performance profiles: {experiment.name}"
    if not profiles.comparable(experiment, problems):
        return Section(title, text=[profiles.needed(experiment, problems)])
    steps = figures.performance_profiles(experiment, problems.times, styles, pictures)
    notes, table = [*profiles.notes(problems), CONTENDED], profiles.profiles(experiment, problems)
    return Section(title, "", notes, [table], steps)


def _learning_rates(experiment: Experiment, pictures: Path) -> Iterator[Section]:
    from bench.report import figures

    found = sensitivity.sensitivities(experiment)
    if found:
        drawn = figures.sensitivity(experiment, sensitivity.names(experiment, found), pictures)
        table = sensitivity.sensitivity(experiment, found)
        yield Section(f"Learning rates: {experiment.name}", text=[sensitivity.WIDTH], tables=[table], figures=drawn)


def _about_zeros(experiment: Experiment) -> Iterator[str]:
    trials = experiment.trials[experiment.trials["initializer"] == "zeros"]
    if len(trials):
        spec = trials["spec"].iloc[0]
        stuck = spec["activation"] in ("relu", "tanh")  # a sigmoid of zero is not zero: output weights learn
        yield (ZEROS if stuck else SYMMETRY) + (ONES if stuck and spec["dataset"] == "mnist" else "")


def _failures(run: Run) -> Section:
    table = tables.failures(run)
    n = len(table.rows)
    text = f"{n} of {len(run.trials)} trials did not get through; they stay in every denominator."
    return Section("Failures", text=[text if n else "Every trial got through."], tables=[table] if n else [])


def _hyperparameters(run: Run) -> Section:
    from bench.report.explore import settings

    table = tables.hyperparameters(run)
    common = [
        f"{x['dataset']}, scaling {x['scaling']}; hidden layers {x['network']}." for x in table.data.to_dict("records")
    ]
    text = list(dict.fromkeys(common))
    return Section(
        "Hyperparameters", text=text, tables=[table], folded=[tables.trials(run)], settings=settings(run.trials)
    )


def _machine(run: Run) -> Section:
    return Section("Machine", tables=[tables.machine(run)])


def _again(run: Run) -> Section:
    commands = f"scratchmark run --plan {quote(run.plan)}\nscratchmark report {quote(run.name)}"
    return Section("How to reproduce", text=[AGAIN], code=commands)


def summary(run: Run, compared: list[Experiment], page: Path) -> str:
    """What the terminal says at the end of a run."""
    parts = [f"{experiment.name}\n{_short(experiment).text()}" for experiment in compared]
    lost = tables.failures(run)
    if lost.rows:
        shown = lost.only("experiment", "optimizer", "initializer", "seed", "status", "reason")
        parts.append(f"{len(lost.rows)} of {len(run.trials)} trials did not get through\n{shown.text()}")
    return "\n\n".join([*parts, f"Report: {page}"])


def _short(experiment: Experiment) -> Table:
    if experiment.compares_initializers:
        return tables.initializers(experiment)
    return tables.accuracy(experiment).only(
        "#", "optimizer", "test accuracy", "seeds through", "validation", "against the best"
    )


def accuracy(compared: list[Experiment]) -> list[dict[str, Any]]:
    """The accuracy tables as data; what is missing is None."""
    rows = [row for experiment in compared for row in tables.accuracy_rows(experiment)]
    return [{key: None if missing(value) else value for key, value in row.items()} for row in rows]

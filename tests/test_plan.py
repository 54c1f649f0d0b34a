"""From a TOML file to trials, and every mistake with its place."""

import pytest
from specs import trial_spec

from bench.plan import PlanError, load_plan, plan_names
from bench.spec import TrialSpec


def load(tmp_path, text):
    path = tmp_path / "plan.toml"
    path.write_text(text)
    return load_plan(str(path))


def mistakes(tmp_path, text):
    with pytest.raises(PlanError) as caught:
        load(tmp_path, text)
    return caught.value.mistakes


@pytest.mark.parametrize("name", plan_names())
def test_every_shipped_plan_expands_and_says_what_it_is(name):
    planned = load_plan(name)
    assert planned.entries
    assert planned.plan.description


def test_S2_a_plan_is_the_product_of_its_axes(tmp_path):
    planned = load(
        tmp_path,
        """
        name = "product"
        [[experiment]]
        name = "all"
        optimizers = ["adam", "momentum", "sgd"]
        initializers = ["he", { name = "scaled", scale = 0.1 }]
        seeds = [1, 5, 1]
        epochs = 2
        """,
    )
    assert len(planned.entries) == len(planned.specs) == 3 * 2 * 2
    assert {(s.optimizer.name, s.initializer.name, s.seed) for s in planned.specs} == {
        (o, i, s) for o in ("adam", "momentum", "sgd") for i in ("he", "scaled") for s in (1, 5)
    }
    assert {s.initializer.settings["scale"] for s in planned.specs if s.initializer.name == "scaled"} == {0.1}


def test_a_method_brings_its_own_batch_size_and_schedule_unless_the_plan_says_otherwise(tmp_path):
    planned = load(
        tmp_path,
        """
        name = "methods"
        [optimizers.big_adam]
        rule = "adam"
        batch_size = 512
        schedule = { name = "exponential", decay = 0.5 }
        beta1 = 0.5
        [optimizers.slow]
        rule = "adam"
        batch_size = "full"
        [[experiment]]
        name = "all"
        optimizers = ["sgd", "batch_gd", "lr_decay", "big_adam", "slow"]
        seeds = 1
        """,
    )
    specs = {entry.label: entry.spec for entry in planned.entries}
    assert {label: spec.batch_size for label, spec in specs.items()} == {
        "sgd": 1,
        "batch_gd": None,
        "lr_decay": 64,
        "big_adam": 512,
        "slow": None,
    }
    assert specs["sgd"].schedule.name == "constant"
    assert specs["lr_decay"].schedule.name == "inverse_time"
    assert specs["big_adam"].schedule.settings["decay"] == 0.5
    assert specs["big_adam"].optimizer.settings["beta1"] == 0.5


def test_every_mistake_of_a_plan_is_listed_with_its_place(tmp_path):
    found = mistakes(
        tmp_path,
        """
        name = "wrong"
        colour = "red"
        time_limit_s = 0
        [network]
        activation = "rleu"
        [[experiment]]
        name = "all"
        optimizers = []
        epochs = "ten"
        """,
    )
    places = {mistake.partition(":")[0] for mistake in found}
    assert places == {"colour", "time_limit_s", "network.activation", "experiment.0.optimizers", "experiment.0.epochs"}
    assert "time_limit_s: input should be greater than 0, got 0" in found


def test_every_wrong_name_and_setting_is_listed_with_the_nearest(tmp_path):
    found = mistakes(
        tmp_path,
        """
        name = "wrong"
        [optimizers.adam]
        beta1 = 1.5
        [optimizers.momentum]
        beta = 0.5
        [optimizers.unused]
        lr = 1.0
        [[experiment]]
        name = "all"
        optimizers = ["adam", "minibach_gd", "momentum"]
        initializers = ["hee", { name = "scaled", scale = -1.0 }]
        """,
    )
    assert found == [
        "optimizers.unused: no experiment uses it",
        "experiment.0.optimizers: Adam: beta1 must be in [0, 1), got 1.5",
        "experiment.0.optimizers: optimizer 'minibach_gd' is unknown: did you mean minibatch_gd or batch_gd?",
        "experiment.0.optimizers: momentum: hyperparameter 'beta' is unknown: there are lr, momentum",
        "experiment.0.initializers: initializer 'hee' is unknown: did you mean he?",
        "experiment.0.initializers: Scaled: scale must be in (0, inf), got -1.0",
    ]


def test_broken_toml_and_a_missing_plan_are_one_line_each(tmp_path):
    (line,) = mistakes(tmp_path, "name = \n")
    assert "line 1" in line
    with pytest.raises(PlanError, match="plan 'smok' is unknown: did you mean smoke"):
        load_plan("smok")


def test_a_spec_survives_its_own_record():
    spec = trial_spec(settings={"beta1": 0.5})
    again = TrialSpec.from_json(spec.to_json())
    assert again == spec
    assert again.id == spec.id


def test_the_id_changes_with_whatever_decides_the_result_and_with_nothing_else(tmp_path):
    changes = [
        {"seed": 1},
        {"hidden": (17,)},
        {"epochs": 2},
        {"batch_size": 32},
        {"settings": {"lr": 0.01}},
        {"initializer": "xavier"},
        {"data": "other"},
        {"rules": 2},
    ]
    ids = {trial_spec(**change).id for change in [{}, *changes]}
    assert len(ids) == len(changes) + 1
    assert trial_spec(settings={"eps": 1}).id == trial_spec(settings={"eps": 1.0}).id


def test_the_id_follows_a_plugin_file_s_content_not_its_place(tmp_path):
    def spec(folder, text):
        path = tmp_path / folder / "rule.py"
        path.parent.mkdir()
        path.write_text(text)
        return trial_spec("rule", source=path)

    text = "from optimizers import Optimizer\nclass Rule(Optimizer):\n    lr: float = 1.0\n"
    assert spec("a", text).id == spec("b", text).id
    assert spec("c", text + "# edited\n").id != spec("d", text).id

"""torch's and optax's own optimizers as contenders: the same network from the same weights on the same batches."""

from pathlib import Path

import numpy as np
import pytest
from specs import trial_spec

from bench import registry
from bench.guard import run_in_child
from bench.plan import load_plan
from bench.plugin import PluginError
from bench.trial import Trial
from network.layout import Layout
from optimizers._state import saved

LAYOUT = Layout.dense((5, 4, 3))

MODULE = """
import torch

class MyOptimizer(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, shrink=1e-4, table={}):
        super().__init__(params, dict(lr=lr, shrink=shrink))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad.add_(p, alpha=group["shrink"])
                p.sub_(p.grad, alpha=group["lr"])

class Broken(MyOptimizer):
    def step(self, closure=None):
        raise RuntimeError("no step today")
"""


@pytest.fixture
def my_module(tmp_path, monkeypatch, request):
    """The name of a module in the current folder, another one for each test."""
    name = f"my_{request.node.name.partition('[')[0]}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "nothing"))  # restores sys.path afterwards
    return name


def made(name, **settings):
    return registry.optimizer(name).make(settings)


def start(dtype=np.float32):
    return np.linspace(-1, 1, LAYOUT.n, dtype=dtype), np.sin(np.arange(LAYOUT.n)).astype(dtype)


def trained(name, **settings):
    trial = Trial(trial_spec(name, settings=settings))
    start, *points, end = trial.run()
    assert end.status == "done"
    return start, trial.theta, points[-1].train_loss


# optax corrects Adam's averages in float32, where 1 - 0.999 is off by 1e-5: over 782 steps the weights drift apart a
# little, the loss does not. torch does so in double precision, as we do.
@pytest.mark.parametrize(
    ("theirs", "ours", "settings", "tolerance"),
    [
        ("torch:SGD", "minibatch_gd", {"lr": 0.1}, 1e-5),
        ("torch:Adam", "adam", {}, 1e-5),
        ("optax:sgd", "minibatch_gd", {"lr": 0.1}, 1e-5),
        ("optax:adam", "adam", {}, 0.02),
    ],
)
def test_they_train_on_real_mnist_as_ours_do(theirs, ours, settings, tolerance):
    begun, theta, loss = trained(theirs, **settings)
    expected_start, expected, expected_loss = trained(ours, **settings)
    assert (begun.initial_hash, begun.order_hash) == (expected_start.initial_hash, expected_start.order_hash)
    assert loss == pytest.approx(expected_loss, rel=1e-4)
    assert np.linalg.norm(theta - expected) < tolerance * np.linalg.norm(expected)


def test_torch_works_in_thetas_own_memory_wherever_theta_lies():
    method, (theta, gradient) = made("torch:Adam"), start()
    before = theta.copy()
    state = method.init(theta, LAYOUT)
    assert np.array_equal(theta, before)
    assert [tuple(p.shape) for p in state.parameters] == [p.shape for p in LAYOUT.parameters]
    assert all(np.shares_memory(p.detach().numpy(), theta) for p in state.parameters)
    method.step(theta, gradient, state, 0.1)
    other = before.copy()
    method.step(other, gradient, state, 0.1)
    assert all(np.shares_memory(p.detach().numpy(), other) for p in state.parameters)
    assert not np.array_equal(other, before)


def test_a_method_that_writes_into_grad_leaves_our_gradient_alone(my_module):
    method, (theta, gradient) = made(f"torch:{my_module}.MyOptimizer", shrink=0.5), start()
    before = gradient.copy()
    state = method.init(theta, LAYOUT)
    method.step(theta, gradient, state, 0.1)
    assert np.array_equal(gradient, before)
    assert not any(np.shares_memory(p.grad.numpy(), gradient) for p in state.parameters)


@pytest.mark.parametrize("name", ["torch:SGD", "optax:sgd"])
def test_the_rate_of_each_step_is_our_schedules(name):
    method, (theta, gradient) = made(name, lr=5.0), start()
    expected, state = theta.copy(), method.init(theta, LAYOUT)
    for lr in (0.5, 0.25):
        method.step(theta, gradient, state, lr)
        expected -= np.float32(lr) * gradient
    np.testing.assert_allclose(theta, expected, rtol=1e-6, atol=1e-7)


def test_optax_compiles_before_the_first_step():
    method, (theta, gradient) = made("optax:adam"), start()
    state = method.init(theta, LAYOUT)
    compiled = state.update._cache_size()
    for _ in range(5):
        method.step(theta, gradient, state, 0.1)
    assert state.update._cache_size() == compiled


def test_a_method_with_a_closure_gets_ours_and_every_look_counts():
    spec = trial_spec("torch:LBFGS", dataset="blobs", scaling="none", settings={"max_iter": 3}, epochs=3)
    _, first, *_, last, end = Trial(spec).run()
    assert end.status == "done"
    assert last.gradient_evaluations > 2 * last.step
    assert last.train_loss < first.train_loss / 10


def test_a_schedule_free_method_is_evaluated_after_eval_and_goes_on_as_if_nothing_had_happened():
    method, (theta, gradient) = made("torch:schedulefree.AdamWScheduleFree", lr=0.1), start()
    state = method.init(theta, LAYOUT)
    for _ in range(3):
        method.step(theta, gradient, state, 0.1)
    before = theta.copy()
    assert not np.array_equal(method.readout(theta, state), before)
    assert np.array_equal(theta, before)
    method.step(theta, gradient, state, 0.1)


@pytest.mark.parametrize("name", ["torch:Adam", "optax:adam"])
def test_a_state_says_that_no_file_keeps_it(name):
    theta, _ = start()
    with pytest.raises(TypeError, match=r"state holds a \w+State, which no file keeps"):
        saved(made(name).init(theta, LAYOUT))


def test_the_settings_are_checked_by_the_framework_and_the_names_are_looked_up():
    for name, settings, complaint in [
        ("torch:Adam", {"betas": [0.9, 1.5]}, r"torch:Adam: cannot be made with .*: Invalid beta parameter at index 1"),
        ("torch:Adam", {"lr": -1}, r"torch:Adam: lr must be in \(0, inf\)"),
        ("optax:lion", {"b1": "x"}, r"optax:lion: cannot be made with lr=0.001, b1='x'"),
        ("optax:lbfgs", {}, r"optax:lbfgs: cannot be made with .* missing 3 required"),
        ("torch:Adagradd", {}, r"torch: optimizer 'Adagradd' is unknown: did you mean Adagrad"),
        ("optax:lionn", {}, r"optax: optimizer 'lionn' is unknown: did you mean lion"),
        ("torch:json.loads", {}, r"must be a subclass of torch.optim.Optimizer"),
    ]:
        with pytest.raises(PluginError, match=complaint):
            made(name, **settings)


def test_the_version_is_the_frameworks_and_for_an_own_module_the_files_too(my_module):
    import torch

    assert registry.optimizer("torch:Adam").choice().version == f"torch {torch.__version__}"
    own = registry.optimizer(f"torch:{my_module}.MyOptimizer")
    assert own.version.startswith(f"torch {torch.__version__} ")
    assert own.source == str(Path.cwd())
    assert own.defaults == {"lr": 0.1, "shrink": 1e-4}
    file = Path(f"{my_module}.py")
    file.write_text(f"{file.read_text()}\n")
    assert registry.optimizer(f"torch:{my_module}.MyOptimizer").version != own.version


@pytest.mark.parametrize("name", ["torch:Adagrad", "optax:lion", "lookahead"])
def test_a_trial_in_a_process_of_its_own_is_done(name):
    settings = {"inner": {"name": "torch:Adam", "betas": [0.8, 0.99]}} if name == "lookahead" else {}
    spec = trial_spec(name, settings=settings, dataset="blobs", scaling="none", hidden=(8, 8))
    record = run_in_child(spec, 100)
    assert (record.status, record.reason) == ("done", "")


def test_an_own_module_is_found_by_the_child_and_one_that_raises_has_failed_with_its_reason(my_module, monkeypatch):
    fields = {"dataset": "blobs", "scaling": "none", "hidden": (8, 8)}
    good, bad = (trial_spec(f"torch:{my_module}.{name}", **fields) for name in ("MyOptimizer", "Broken"))
    monkeypatch.chdir("/")
    assert run_in_child(good, 100).status == "done"
    record = run_in_child(bad, 100)
    assert record.status == "failed"
    assert record.reason.startswith("RuntimeError: no step today")


def test_a_plan_names_them_like_any_other(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'name = "foreign"\n[optimizers.theirs]\nrule = "torch:Adam"\nbetas = [0.8, 0.99]\n'
        '[[experiment]]\nname = "e"\noptimizers = ["theirs", "optax:lion"]\nseeds = 1\nlr_multiples = [0.1, 1]\n'
    )
    entries = load_plan(str(plan)).entries
    assert [e.label for e in entries] == [
        "theirs lr=0.0001",
        "theirs lr=0.001",
        "optax:lion lr=0.0001",
        "optax:lion lr=0.001",
    ]
    assert tuple(entries[0].spec.optimizer.settings["betas"]) == (0.8, 0.99)
    assert len({e.spec.id for e in entries}) == 4

"""Store what other packages say of given numbers: they are no dependencies, so the tests compare with what they said.

Where scikit-posthocs, autorank, lifelines and statsmodels are installed: `python tests/golden/record_statistics.py`.
Each entry of statistics.json has the package with its version, the line that was run, what went in and what came out.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from autorank import autorank
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from scikit_posthocs import posthoc_nemenyi_friedman
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

STORE = Path(__file__).parent / "statistics.json"

NAMES = {
    "np": np,
    "pd": pd,
    "autorank": autorank,
    "KaplanMeierFitter": KaplanMeierFitter,
    "median_survival_times": median_survival_times,
    "posthoc_nemenyi_friedman": posthoc_nemenyi_friedman,
    "multipletests": multipletests,
    "TTestPower": TTestPower,
}

MEANS, SPREADS = [0.981, 0.979, 0.978, 0.962], [0.002, 0.002, 0.003, 0.004]
SCORES = np.round(np.random.default_rng(2026).normal(MEANS, SPREADS, (12, 4)), 4).tolist()  # (cells, methods)
TIMES = {
    "times": [3.5, 5.0, 2.25, 6.0, 6.0, 3.5, 4.75, 6.0, 2.5, 5.5],
    "reached": [True, True, True, False, False, True, True, False, True, True],
}
RANKED = 'autorank(pd.DataFrame(x), alpha=0.05, force_mode="nonparametric", order="descending")'
FITTED = 'KaplanMeierFitter().fit(x["times"], x["reached"])'

CASES: dict[str, tuple[str, str, Any]] = {
    "nemenyi_p": ("scikit-posthocs", "posthoc_nemenyi_friedman(np.array(x)).to_numpy()", SCORES),
    "critical_difference": ("autorank", f"{RANKED}.cd", SCORES),
    "friedman_p": ("autorank", f"{RANKED}.pvalue", SCORES),
    "mean_ranks": ("autorank", f'{RANKED}.rankdf["meanrank"].sort_index()', SCORES),
    "median_time": ("lifelines", f"{FITTED}.median_survival_time_", TIMES),
    "median_interval": ("lifelines", f"median_survival_times({FITTED}.confidence_interval_).to_numpy()[0]", TIMES),
    "holm": ("statsmodels", 'multipletests(x, method="holm")[1]', [0.01, 0.04, 0.03, 0.005, 0.2, 0.04]),
    "n_needed": (
        "statsmodels",
        "[TTestPower().solve_power(effect_size=d, alpha=a, power=p) for d, a, p in x]",
        [[0.5, 0.05, 0.8], [0.5, 0.05, 0.9], [1.0, 0.05, 0.8], [2.0, 0.05, 0.9], [0.3, 0.01, 0.8], [0.1, 0.05, 0.9]],
    ),
    "power": (
        "statsmodels",
        "[TTestPower().power(effect_size=d, nobs=n, alpha=a) for d, n, a in x]",
        [[2.0, 10, 0.05], [1.0, 5, 0.05], [0.8, 12, 0.01], [3.0, 3, 0.05]],
    ),
    "detectable": (
        "statsmodels",
        "[TTestPower().solve_power(nobs=n, alpha=a, power=p) for n, a, p in x]",
        [[3, 0.05, 0.8], [5, 0.05, 0.8], [10, 0.05, 0.8], [10, 0.05, 0.9], [20, 0.01, 0.8]],
    ),
}


def record() -> None:
    """Run every line and write what it says, an entry a line."""
    lines = []
    for case, (package, code, given) in CASES.items():
        said = np.asarray(eval(code, NAMES | {"x": given}), float).tolist()
        entry = {"package": f"{package} {version(package)}", "code": code, "x": given, "said": said}
        lines.append(f"{json.dumps(case)}: {json.dumps(entry)}")
    STORE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    record()

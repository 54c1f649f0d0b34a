"""Numbers -> intervals. What enters is plain numbers, what leaves too; where they come from is others' business.

`intervals`: a number and how sure it is. `verdicts`: better, worse or no winner on paired seeds. `ranks`: methods over
cells. `profiles`: methods over problems. `targets`: time to a target. `tuning`: what tuning costs.
"""

from bench.statistics.intervals import (
    CONFIDENCE,
    Interval,
    binomial_error,
    bootstrap_interval,
    interquartile_mean,
    mean_interval,
    paired_difference,
    standard_deviation,
    student_t,
)
from bench.statistics.profiles import performance_profile, performance_ratios, profile_scores
from bench.statistics.ranks import Ranking
from bench.statistics.targets import Reach, Reached, Survival, first_reach
from bench.statistics.tuning import BestOf, Sensitivity, expected_best
from bench.statistics.verdicts import (
    ALPHA,
    LEAST_N,
    POWER,
    Verdict,
    detectable_difference,
    holm,
    n_needed,
    n_possible,
    signed_rank_p,
    verdict,
    verdicts,
)

__all__ = [
    "ALPHA",
    "CONFIDENCE",
    "LEAST_N",
    "POWER",
    "BestOf",
    "Interval",
    "Ranking",
    "Reach",
    "Reached",
    "Sensitivity",
    "Survival",
    "Verdict",
    "binomial_error",
    "bootstrap_interval",
    "detectable_difference",
    "expected_best",
    "first_reach",
    "holm",
    "interquartile_mean",
    "mean_interval",
    "n_needed",
    "n_possible",
    "paired_difference",
    "performance_profile",
    "performance_ratios",
    "profile_scores",
    "signed_rank_p",
    "standard_deviation",
    "student_t",
    "verdict",
    "verdicts",
]

import json
from itertools import combinations, product
from math import ceil, inf, isnan, nan, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bench.statistics import (
    BestOf,
    Interval,
    Ranking,
    Reach,
    Reached,
    Sensitivity,
    Survival,
    binomial_error,
    bootstrap_interval,
    detectable_difference,
    expected_best,
    first_reach,
    holm,
    interquartile_mean,
    mean_interval,
    n_needed,
    n_possible,
    paired_difference,
    performance_profile,
    profile_scores,
    signed_rank_p,
    standard_deviation,
    verdict,
    verdicts,
)
from bench.statistics.verdicts import paired_p, power_of

SCORES = [0.9762, 0.9741, 0.9779, 0.9755, 0.9768]


def test_S6_the_interval_is_scipys_t_interval():
    interval = mean_interval(SCORES)
    low, high = stats.t.interval(0.95, len(SCORES) - 1, np.mean(SCORES), stats.sem(SCORES))
    assert (interval.mean, interval.low, interval.high) == pytest.approx((np.mean(SCORES), low, high), rel=1e-12)
    assert interval.n == 5


def test_S6_two_values_by_hand():
    # n = 2: one degree of freedom, where Student's quantile is tan(0.475 pi) = 12.7062.
    interval = mean_interval([1.0, 3.0])
    assert interval.mean == 2
    assert interval.half_width == pytest.approx(12.7062, abs=1e-4)


def test_S6_a_wider_confidence_is_a_wider_interval():
    assert mean_interval(SCORES, 0.99).half_width > mean_interval(SCORES).half_width


def test_S6_the_interval_covers_the_true_mean_95_times_in_100():
    draws = np.random.default_rng(3).normal(5, 2, (2000, 4))
    share = np.mean([mean_interval(draw).covers(5) for draw in draws])
    assert abs(share - 0.95) < 3 * sqrt(0.95 * 0.05 / 2000)


def test_S6_one_value_has_a_mean_and_no_interval():
    interval = mean_interval([0.5])
    assert (interval.mean, interval.n) == (0.5, 1)
    assert isnan(interval.low)
    assert isnan(interval.high)
    assert isnan(standard_deviation([0.5]))


def test_S6_no_value_has_no_mean():
    interval = mean_interval([])
    assert isnan(interval.mean)
    assert interval.n == 0


def test_S6_equal_values_leave_nothing_open():
    assert mean_interval([0.1135] * 3) == Interval(0.1135, 0.1135, 0.1135, 3)


def test_S6_the_paired_difference_is_scipys_paired_test():
    a, b = np.array(SCORES), np.array([0.9751, 0.9742, 0.9760, 0.9749, 0.9750])
    difference = paired_difference(a, b)
    expected = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (difference.low, difference.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_S6_pairing_sees_what_the_spread_of_the_seeds_hides():
    seeds = np.array([0.90, 0.93, 0.96, 0.99])
    difference = paired_difference(seeds + np.array([0.0020, 0.0021, 0.0019, 0.0020]), seeds)
    assert not difference.covers(0)
    assert mean_interval(seeds).covers(mean_interval(seeds + 0.002).mean)


def test_S6_pairs_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="zip"):
        paired_difference([1, 2], [1])


def test_S6_without_ends_nothing_is_ruled_out():
    assert mean_interval([3.0]).covers(0)
    assert not Interval(1, 0.5, 1.5, 4).covers(0)
    assert Interval(1, 0, 2, 4).covers(0)


def test_S6_the_binomial_error_of_98_3_percent_on_ten_thousand():
    assert binomial_error(0.983, 10_000) == pytest.approx(0.0013, abs=5e-5)


# --- time to a target

PLACES = [Reach(step=i * 391, epoch=i / 2, elapsed_s=i * 0.3) for i in range(5)]


def test_S7_the_first_place_at_the_target_counts_even_when_it_is_lost_again():
    assert first_reach([0.1, 0.94, 0.97, 0.95, 0.98], PLACES, 0.97) == PLACES[2]


def test_S7_a_target_that_is_missed_gives_nothing():
    assert first_reach([0.1, 0.94, 0.96, 0.95, 0.9699], PLACES, 0.97) is None
    assert first_reach([], [], 0.97) is None


def test_S7_a_number_that_is_none_reaches_nothing():
    assert first_reach([float("nan"), 0.99], PLACES[:2], 0.97) == PLACES[1]


def test_S7_the_median_over_all_when_all_came():
    reached = Reached.of([Reach(100, 1, 5), Reach(300, 3, 1), Reach(200, 2, 3)])
    assert reached == Reached(3, 3, Reach(200, 2, 3))


def test_S7_who_missed_counts_as_later_than_all_others():
    # Among those that came the median is 150; a miss moves the middle of all three to 200.
    assert Reached.of([Reach(100, 1, 1), None, Reach(200, 2, 2)]) == Reached(2, 3, Reach(200, 2, 2))
    assert Reached.of([Reach(1, 1, 1), Reach(2, 2, 2), Reach(4, 4, 4), None]).middle == Reach(3, 3, 3)


@pytest.mark.parametrize("reaches", [[None], [None, None], [PLACES[1], None], []])
def test_S7_half_is_not_more_than_half(reaches):
    reached = Reached.of(reaches)
    assert reached.middle is None
    assert (reached.k, reached.n) == (sum(reach is not None for reach in reaches), len(reaches))


# --- against other packages: tests/golden/record_statistics.py


GOLDEN = json.loads((Path(__file__).parent / "golden" / "statistics.json").read_text())
METHODS = ("a", "b", "c", "d")


def golden(case):
    entry = GOLDEN[case]
    return entry["x"], pytest.approx(entry["said"], rel=1e-9)


def ranking_of(cells, **more):
    return Ranking.of(dict(zip(METHODS, zip(*cells, strict=True), strict=True)), **more)


def test_nemenyi_is_that_of_scikit_posthocs():
    ranking = ranking_of(GOLDEN["nemenyi_p"]["x"])
    p = [[ranking.nemenyi_p(a, b) for b in METHODS] for a in METHODS]
    assert np.array(p) == pytest.approx(np.array(GOLDEN["nemenyi_p"]["said"]), rel=1e-6)


def test_friedman_and_the_critical_difference_are_those_of_autorank():
    cells, _ = golden("critical_difference")
    ranking = ranking_of(cells)
    # Its studentized range comes from a table of six digits.
    assert ranking.critical_difference == pytest.approx(GOLDEN["critical_difference"]["said"], rel=1e-5)
    assert ranking.p == golden("friedman_p")[1]
    assert [ranking.mean_ranks[method] for method in METHODS] == golden("mean_ranks")[1]


def test_kaplan_meier_is_that_of_lifelines():
    trials, said = golden("median_time")
    survival = Survival.of(trials["times"], trials["reached"])
    assert survival.median == said
    assert [survival.low, survival.high] == golden("median_interval")[1]


def test_holm_is_that_of_statsmodels():
    p_values, said = golden("holm")
    assert holm(p_values) == said


def test_power_is_that_of_statsmodels():
    cases, said = golden("power")
    assert [power_of(*case) for case in cases] == said
    cases, _ = golden("n_needed")
    assert [n_needed(effect, 1, alpha, power) for effect, alpha, power in cases] == [
        ceil(n) for n in GOLDEN["n_needed"]["said"]
    ]
    cases, _ = golden("detectable")
    assert [detectable_difference(1, *case) for case in cases] == pytest.approx(GOLDEN["detectable"]["said"], rel=1e-5)


# --- bootstrap


@pytest.mark.parametrize("method", ["BCa", "percentile"])
def test_the_bootstrap_is_scipys(method):
    interval = bootstrap_interval(SCORES, method=method, seed=7)
    rng = np.random.default_rng(7)
    ends = stats.bootstrap((SCORES,), np.mean, method=method, n_resamples=9999, rng=rng).confidence_interval
    assert (interval.low, interval.high) == (ends.low, ends.high)
    assert interval.mean == pytest.approx(np.mean(SCORES))
    assert interval == bootstrap_interval(SCORES, method=method, seed=7)


def test_the_interquartile_mean_leaves_out_the_outer_quarters():
    assert interquartile_mean([1000, 3, 2, 4, 5, -1000, 1, 9]) == pytest.approx((2 + 3 + 4 + 5) / 4)
    interval = bootstrap_interval([*SCORES, 0.1], interquartile_mean)
    assert 0.9 < interval.mean < 0.98
    assert interval.low <= interval.mean <= interval.high


def test_a_bootstrap_of_equal_or_too_few_values():
    assert bootstrap_interval([0.5] * 4) == Interval(0.5, 0.5, 0.5, 4)
    assert isnan(bootstrap_interval([0.5]).low)
    assert isnan(bootstrap_interval([]).mean)


def test_percentiles_stand_in_where_bca_is_not_defined():
    # Leaving one out never moves the median of these: BCa divides by zero.
    interval = bootstrap_interval([0, 1, 1, 1, 1, 1, 2], np.median)
    assert interval.low <= 1 <= interval.high


# --- verdicts


def noise(n, seed=0, spread=0.001):
    return np.random.default_rng(seed).normal(0, spread, n)


def test_better_worse_and_no_winner():
    seeds = 0.98 + noise(10, 1, 0.003)
    better, level = seeds + 0.004 + noise(10, 2), seeds + noise(10, 3)
    assert verdict(better, seeds).word == "better"
    assert verdict(seeds, better).word == "worse"
    assert verdict(better, seeds, higher_is_better=False).word == "worse"
    assert verdict(level, seeds).word == "no winner"
    assert verdict(seeds, seeds).word == "no winner"


def test_one_comparison_is_scipys_paired_test():
    a, b = 0.98 + noise(8, 1), 0.979 + noise(8, 2)
    found, expected = verdict(a, b), stats.ttest_rel(a, b)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    ends = expected.confidence_interval(0.95)
    assert (found.difference.low, found.difference.high) == pytest.approx((ends.low, ends.high), rel=1e-9)
    assert found.p_holm == found.p


@pytest.mark.parametrize("seed", range(5))
def test_the_signed_rank_p_is_scipys_exact_one(seed):
    d = noise(9, seed)
    assert signed_rank_p(d) == pytest.approx(stats.wilcoxon(d, method="exact").pvalue, rel=1e-12)


def test_ties_and_zeros_keep_the_signed_rank_p_exact():
    # By hand: |d| = 1, 1, 2 have ranks 1.5, 1.5, 3; all signs alike: 2 of 8 ways are as far out.
    assert signed_rank_p([1, 1, 2, 0]) == 0.25
    assert signed_rank_p([0, 0]) == 1
    tied = [1, 1, 2, 2, 3, -1]
    rank_sums = np.array(list(product([1, -1], repeat=6))) @ [2, 2, 4.5, 4.5, 6, 2]
    assert signed_rank_p(tied) == pytest.approx(np.mean(np.abs(rank_sums) >= 17))


@pytest.mark.parametrize(("comparisons", "n"), [(1, 6), (2, 7), (6, 8), (7, 9), (30, 11)])
def test_the_fewest_seeds_that_the_signed_rank_test_could_call_significant(comparisons, n):
    assert n_possible(comparisons=comparisons) == n
    one_way = np.arange(1.0, n + 1)
    assert signed_rank_p(one_way) * comparisons <= 0.05 < signed_rank_p(one_way[1:]) * comparisons


def test_the_corrected_interval_covers_zero_exactly_where_holm_finds_nothing():
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(40):
        gains = rng.normal(0, 0.001, 5)
        found = verdicts({i: (gain + rng.normal(0, 0.001, 6), np.zeros(6)) for i, gain in enumerate(gains)})
        for one in found.values():
            assert (one.word == "no winner") == one.difference.covers(0) == (one.p_holm > 0.05)
        words = [one.word == "no winner" for one in found.values()]
        seen.add(sum(words))
    assert len(seen) > 3


def test_several_comparisons_are_held_to_more():
    a, b = 0.9805 + noise(8, 1, 0.0005), 0.98 + noise(8, 2, 0.0005)
    alone = verdict(a, b)
    level = {i: (0.98 + noise(8, i), 0.98 + noise(8, 50 + i)) for i in range(10, 20)}
    among = verdicts({"it": (a, b), **level})["it"]
    assert alone.word == "better"
    assert among.word == "no winner"
    assert among.difference.half_width > alone.difference.half_width
    assert among.n_possible > alone.n_possible == 6


def test_what_is_not_decided_says_how_many_seeds_would_do():
    d = np.array([0.001, -0.001, 0.002, -0.0005, 0.0015])
    found = verdict(d, np.zeros(5))
    assert found.word == "no winner"
    assert found.n_needed == n_needed(d.mean(), d.std(ddof=1)) > 5
    assert verdict(d + 1, np.zeros(5)).n_needed is None
    assert verdict([0.1], [0.2]).n_needed is None
    assert n_needed(0, 1) is None
    assert n_needed(1e-5, 1) > 10**10


def test_so_many_seeds_do_decide_eight_times_in_ten():
    n = n_needed(0.001, 0.001)
    rng = np.random.default_rng(4)
    found = [paired_p(rng.normal(0.001, 0.001, n)) <= 0.05 for _ in range(2000)]
    assert 0.77 < np.mean(found) < 0.86


def test_two_seeds_name_no_winner_however_alike_they_differ():
    found = verdict([0.98, 0.98], [0.97, 0.97])
    assert found.word == "no winner"
    assert verdict([0.98] * 3, [0.97] * 3).word == "better"
    assert verdict([0.98], [0.97]).word == "no winner"
    assert verdict([], []).word == "no winner"


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match="verdict: scores must be finite, got"):
        verdict([0.98, bad], [0.97, 0.97])


# --- the races that must end without a winner, and those that must not


N_RACES, N_SEEDS, SPREAD = 200, 10, 0.001


def race(rng, gain=0.0):
    """Two entrants over the seeds: what a seed does to both, and what chance does to each."""
    seeds = rng.normal(0.98, 0.003, N_SEEDS)
    a, b = (seeds + rng.normal(0, SPREAD, N_SEEDS) for _ in range(2))
    return np.round(a + gain * sqrt(2) * SPREAD, 4), np.round(b, 4)


def test_an_optimizer_that_enters_twice_is_told_from_itself_in_at_most_5_races_of_100():
    rng = np.random.default_rng(1)
    told_apart = sum(verdict(*race(rng)).word != "no winner" for _ in range(N_RACES))
    assert told_apart <= 0.05 * N_RACES


def test_nor_does_that_hang_on_the_seed_of_the_simulation():
    rng = np.random.default_rng(2)
    told_apart = [paired_p(np.subtract(*race(rng))) <= 0.05 for _ in range(10_000)]
    assert np.mean(told_apart) < 0.05 + 3 * sqrt(0.05 * 0.95 / 10_000)


def test_a_gain_of_two_standard_deviations_is_found_in_9_races_of_10():
    rng = np.random.default_rng(3)
    found = sum(verdict(*race(rng, gain=2)).word == "better" for _ in range(N_RACES))
    assert found >= 0.9 * N_RACES


# --- ranks over cells


def test_friedman_is_scipys():
    cells, _ = golden("friedman_p")
    ranking = ranking_of(cells)
    expected = stats.friedmanchisquare(*np.array(cells).T)
    assert (ranking.chi_square, ranking.p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


@pytest.mark.parametrize(("k", "q"), [(3, 2.343), (5, 2.728), (10, 3.164)])
def test_the_critical_difference_is_demsars(k, q):
    # Table 5(a) of Demsar 2006.
    ranking = Ranking(dict.fromkeys(map(str, range(k)), 1.0), 10, 0, 1, 0.05)
    assert ranking.critical_difference == pytest.approx(q * sqrt(k * (k + 1) / 60), rel=3e-4)


def test_groups_are_the_longest_that_cannot_be_told_apart():
    ranking = Ranking({"d": 3.9, "a": 1.1, "c": 2.7, "b": 2.2}, 12, 0, 0, 0.05)
    assert 1.3 < ranking.critical_difference < 1.4
    assert ranking.groups == [("a", "b"), ("b", "c"), ("c", "d")]
    assert Ranking({"a": 1, "b": 2.5, "c": 4}, 100, 0, 0, 0.05).groups == []


def test_a_method_that_did_not_get_through_ranks_last():
    ranking = Ranking.of({"a": [0.9, float("nan")], "b": [0.8, 0.8], "c": [0.7, 0.7]})
    assert ranking.mean_ranks == {"a": 2, "b": 1.5, "c": 2.5}
    losses = Ranking.of({"a": [1, float("nan")], "b": [2, 2], "c": [3, 3]}, higher_is_better=False)
    assert losses.mean_ranks == ranking.mean_ranks


def test_seeds_are_no_cells_and_one_cell_ranks_nothing():
    with pytest.raises(ValueError, match=r"at least 2 cells \(dataset × width × batch size × initializer; seeds"):
        Ranking.of({"a": [1], "b": [2], "c": [3]})
    with pytest.raises(ValueError, match="at least 3 methods, got 2"):
        Ranking.of({"a": [1, 2], "b": [2, 1]})
    with pytest.raises(ValueError, match="a score in every cell"):
        Ranking.of({"a": [1, 2], "b": [2], "c": [1, 2]})


def test_methods_that_always_tie_are_level():
    assert Ranking.of(dict.fromkeys("abc", (0.5, 0.5))).p == 1


# --- performance profiles


def test_a_profile_by_hand():
    # Ratios to the best: problem one 1, 2, 3; problem two 2, 1, missed; nobody solves problem three.
    times = [[1, 2, 3], [4, 2, inf], [inf, nan, inf]]
    _, shares = performance_profile(times, [1, 2, 3, 4])
    assert shares.tolist() == [[1 / 3, 1 / 3, 0], [2 / 3, 2 / 3, 0], [2 / 3, 2 / 3, 1 / 3], [2 / 3, 2 / 3, 1 / 3]]
    assert profile_scores(times) == pytest.approx([(3 + 2) / 9, (2 + 3) / 9, 1 / 9])


def test_a_profile_is_the_distribution_of_the_ratios():
    times = np.random.default_rng(0).uniform(1, 5, (20, 3))
    taus, shares = performance_profile(times)
    assert (taus[0], taus[-1]) == (1, 4)
    ratios = times / times.min(axis=1, keepdims=True)
    for i in range(3):
        assert shares[:, i] == pytest.approx(stats.ecdf(ratios[:, i]).cdf.evaluate(taus))
    assert profile_scores(times) == pytest.approx(np.trapezoid(shares, taus, axis=0) / 3, abs=0.01)


def test_a_time_of_zero_has_no_ratio():
    with pytest.raises(ValueError, match="times must be positive, got 0"):
        performance_profile([[0, 1]])


# --- survival


def test_a_miss_counts_and_one_that_diverged_is_not_lost_early():
    survival = Survival.of([3, 1, 9, 2, 9], [True, True, False, True, False])
    assert (survival.words, survival.median) == ("reached by 3 of 5", 3)
    diverged = Survival.of([3, 1, inf, 2, inf], [True, True, False, True, False])
    assert diverged == survival
    assert Survival.of([3, 1, 0.5, 2, 0.5], [True, True, False, True, False]).median < 3


def test_none_or_few_that_reached_it_have_no_median():
    assert Survival.of([5, 5], [False, False]) == Survival(0, 2, inf, inf, inf)
    few = Survival.of([1, 5, 5], [True, False, False])
    assert (few.words, few.median) == ("reached by 1 of 3", inf)


def test_without_censoring_the_median_is_the_middle_time():
    assert Survival.of([5, 1, 3], [True] * 3).median == 3


# --- the best of k trials


def test_the_best_of_k_is_the_mean_over_all_ways_to_draw_k():
    scores = [0.97, 0.1, 0.98, 0.98, 0.95, 0.5]
    expected = [np.mean([max(drawn) for drawn in combinations(scores, k)]) for k in range(1, 7)]
    assert expected_best(scores) == pytest.approx(expected, rel=1e-12)
    least = [np.mean([min(drawn) for drawn in combinations(scores, k)]) for k in range(1, 7)]
    assert expected_best(scores, higher_is_better=False) == pytest.approx(least, rel=1e-12)


def test_the_best_of_k_uniform_draws_is_the_order_statistics():
    # The mean of the highest of k uniform numbers is k / (k + 1).
    scores = (np.arange(2000) + 0.5) / 2000
    best = expected_best(scores)
    assert best[[0, 1, 9, 99]] == pytest.approx([1 / 2, 2 / 3, 10 / 11, 100 / 101], abs=1e-3)


def test_the_seconds_of_k_trials_are_k_times_the_mean():
    best = BestOf.of([0.9, 0.8, 0.7], [1, 2, 6])
    assert best.k.tolist() == [1, 2, 3]
    assert best.seconds.tolist() == [3, 6, 9]
    assert best.score == pytest.approx([0.8, (0.9 + 0.9 + 0.8) / 3, 0.9])


@pytest.mark.parametrize("scores", [[], [0.9, float("nan")], [float("inf")]])
def test_a_trial_without_a_score_is_no_gap(scores):
    with pytest.raises(ValueError, match="the worst where a trial diverged"):
        expected_best(scores)


# --- sensitivity to the learning rate


def test_the_decades_of_learning_rate_within_one_percent_of_the_best():
    # In log10: at -3 and -2 the floor 0.99 is passed halfway to 0.98; above -1 training diverges.
    found = Sensitivity.of([1e-2, 1e-4, 1e-3, 1e-1, 1], [1.0, 0.5, 0.98, 1.0, nan])
    assert found.decades == pytest.approx(0.5 + 1)
    assert not found.open_ended
    assert found.lrs.tolist() == [1e-4, 1e-3, 1e-2, 1e-1, 1]
    assert Sensitivity.of([1e-3, 1e-2], [0.5, 0.9]).open_ended
    assert Sensitivity.of([1e-3, 1e-2, 1e-1], [nan, 0.9, nan]).decades == 0
    assert Sensitivity.of([1e-3, 1e-2, 1e-1], [0.9, 0.9, 0.9], 0.5).decades == pytest.approx(2)


def test_a_learning_rate_stands_once_in_the_grid_and_some_must_work():
    for lrs in ([0.1, 0.1], [0, 0.1]):
        with pytest.raises(ValueError, match="learning rates must be positive and differ"):
            Sensitivity.of(lrs, [0.9, 0.9])
    with pytest.raises(ValueError, match="at least one learning rate must have a score"):
        Sensitivity.of([0.1], [nan])

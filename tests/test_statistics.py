from math import isnan, sqrt

import numpy as np
import pytest
from scipy import stats

from bench.statistics import (
    Interval,
    Reach,
    Reached,
    binomial_error,
    first_reach,
    mean_interval,
    paired_difference,
    standard_deviation,
)

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

"""Where a training is, in numbers that go through JSON, and sums that are as exact as math.fsum's."""

import json
import math
import random
import sys
from fractions import Fraction
from itertools import accumulate

import pytest

from zen_cli.schedule import Watch
from zen_cli.training.position import Position, Sum

# --- sums ---


def summed(values):
    total = Sum()
    for value in values:
        total = total.plus(value)
    return total


def spread(count, seed, low=-30, high=30):
    """Numbers of many sizes and both signs."""
    rng = random.Random(seed)
    return [rng.choice((-1, 1)) * rng.random() * 2.0 ** rng.randint(low, high) for _ in range(count)]


NASTY = {
    "none": [],
    "tenths": [0.1] * 1000,
    "one is lost in the other": [1e16, 1.0, 1.0, 1.0, -1e16],
    "alternating": [1e15, 0.3, -1e15, 0.3] * 50,
    "falling": [2.0**-i for i in range(60)],
    "subnormal": [5e-324] * 7,
    "subnormal beside one": [1.0, *[5e-324] * 9],
    "half an ulp": [1.0, *[2.0**-53] * 4],
    "many sizes": spread(2000, 0),
    "all positive": [abs(x) for x in spread(2000, 1)],
    "zeros": [0.0, -0.0, 0.0],
}


@pytest.mark.parametrize("values", NASTY.values(), ids=NASTY)
def test_a_running_sum_is_the_sum_rounded_once(values):
    assert summed(values).value == math.fsum(values) == float(sum(map(Fraction, values)))


@pytest.mark.parametrize("seed", range(20))
def test_a_running_sum_with_its_rest_is_twice_as_exact_as_one_number(seed):
    values = spread(300, seed, -80, 80)
    total, exact = summed(values), sum(map(Fraction, values))
    largest = max(map(abs, accumulate(map(Fraction, values))))
    assert abs(Fraction(total.value) + Fraction(total.rest) - exact) <= largest * 300 * Fraction(2) ** -105
    assert total.value + total.rest == total.value


def test_the_rest_of_a_sum_is_missed():
    values = NASTY["one is lost in the other"]
    total = Sum()
    for value in values:
        total = Sum(total.plus(value).value)
    assert total.value != math.fsum(values)


MAX = sys.float_info.max


@pytest.mark.parametrize(
    ("values", "total"),
    [([MAX, MAX], math.inf), ([-MAX, -MAX], -math.inf), ([MAX, MAX, -MAX], math.inf), ([MAX, MAX, 1.0], math.inf)],
)
def test_a_sum_that_is_too_large_is_infinite_and_stays_so(values, total):
    assert summed(values) == Sum(total, 0.0)


# --- positions ---


def random_position(rng):
    batches = rng.randrange(5)
    losses = [spread(batches, rng.random(), -200, 200) for _ in range(2)]
    if rng.random() < 0.2 and batches:
        losses[0] += [MAX, MAX]
    best = rng.choice([math.inf, rng.gauss(0, 1), -0.0, 5e-324])
    watch = Watch(best, rng.randrange(9), rng.random())
    return Position(rng.randrange(10**9), rng.randrange(10**12), batches, *map(summed, losses), 7 * batches, watch)


def through_json(position):
    return Position.of(json.loads(json.dumps(position.stored(), allow_nan=False)))


@pytest.mark.parametrize("seed", range(50))
def test_a_position_goes_through_json_bit_for_bit(seed):
    position = random_position(random.Random(seed))
    assert through_json(position) == position
    assert repr(through_json(position)) == repr(position)  # 0.0 is not -0.0


def test_a_position_holds_as_much_however_long_the_epoch_is():
    short, long = Position(), Position()
    for count, position in ((1, short), (10_000, long)):
        for _ in range(count):
            position.add(0.1, 3)
    assert len(json.dumps(long.stored())) < len(json.dumps(short.stored())) + 80
    assert (long.mean_loss, long.batch_losses.value) == (
        math.fsum([0.1 * 3] * 10_000) / 30_000,
        math.fsum([0.1] * 10**4),
    )


@pytest.mark.parametrize("key", Position().stored())
def test_what_is_no_position_is_refused(key):
    whole = Position().stored()
    lacking = {name: value for name, value in whole.items() if name != key}
    for wrong in (lacking, {**whole, key: "x"}, {**whole, key: None}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            Position.of(wrong)

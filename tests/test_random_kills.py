"""Trainings killed at random places and times, and resumed, leave the bytes of one that nobody killed.

`pytest tests/test_random_kills.py tests/test_every_fault.py --long -s` does so 2,000 times; --kill-seed N elsewhere.
"""

import pytest
from faults import kills
from faults.stable import SHARES, stable

KILLS = {"shuffled": 200, "stateful": 100}
MANY_KILLS = {"shuffled": 1400, "stateful": 600}


@pytest.fixture(scope="module")
def processes():
    with stable() as executor:
        yield executor


@pytest.mark.parametrize("name", KILLS)
def test_killed_and_resumed_trainings_leave_the_same_bytes(processes, tmp_path, pytestconfig, name):
    number = (MANY_KILLS if pytestconfig.getoption("long") else KILLS)[name]
    seeds = range(pytestconfig.getoption("kill_seed"), pytestconfig.getoption("kill_seed") + SHARES)
    futures = [processes.submit(kills.random_kills, tmp_path, name, number // SHARES, seed) for seed in seeds]
    tallies = [future.result() for future in futures]
    for tally in tallies:
        print(f"{name}: {tally}")
    wrong = [problem for tally in tallies for problem in tally.wrong]
    assert not wrong, "\n".join(wrong)
    assert sum(tally.kills for tally in tallies) >= number

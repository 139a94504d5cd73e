"""A disk that fails at the Nth operation of a training, for every N; limits of the system; and crowds.

`pytest tests/test_random_kills.py tests/test_every_fault.py --long -s` does the first for larger trainings, too.
"""

import errno
import os
import re

import pytest
from faults import crowd, knockouts, limits
from faults.disk import ADDING, KINDS, Fault
from faults.every import Faults, every_fault
from faults.stable import SHARES, stable

LARGER = ("shuffled", "stateful")  # trainings that --long adds, but for their pictures
PARTS = ("training", "resuming", "results")
SHORT = {  # of which part and kind a fault is put at every operation, or at every other, without --long
    "training": {"killed": 1, "killed in a write": 1, "full": 1, "broken": 1, "failing sync": 1, "always short": 1},
    "resuming": {"killed": 1, "full": 1, "broken": 1},
    "results": {"killed": 2, "full": 2},
}


@pytest.fixture(scope="module")
def processes():
    with stable() as executor:
        yield executor


# --- a fault at every operation ---


def faults_of(processes, name, kind, part, every):
    """`every_fault`, shared out among the processes."""
    shares = [slice(number * every, None, SHARES * every) for number in range(SHARES)]
    futures = [processes.submit(every_fault, name, kind, part, share=share) for share in shares]
    found = Faults()
    for future in futures:
        found.add(future.result())
    print(f"{name}, {part}: {found}")
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", PARTS)
def test_a_fault_at_any_operation_is_recovered_from(processes, pytestconfig, kind, part):
    long = pytestconfig.getoption("long")
    every = 1 if long else SHORT[part].get(kind)
    if not every:
        pytest.skip("only with --long")
    for name in ("small", *(LARGER if long and part != "results" else ())):
        found = faults_of(processes, name, kind, part, every)
        assert found.count
        assert not found.unrecovered, "\n".join(found.unrecovered)


@pytest.mark.parametrize("name", knockouts.KNOCKOUTS)
def test_what_protects_a_run_is_missed_when_it_is_gone(processes, name):
    found = processes.submit(knockouts.found_missing, name).result()
    print(f"{name}: {found}")
    assert found.unrecovered
    assert "bug in zen" not in "\n".join(found.unrecovered)  # which would show nothing


# --- limits of the system ---


def test_a_limit_on_the_size_of_files_is_recovered_from(processes):
    found = processes.submit(limits.files_of_limited_size, range(600, 6600, 600)).result()
    assert {met.ended.code for met in found} == {0, 5}
    demand_recovered(found, "File too large")


def test_a_disk_that_is_really_full_is_recovered_from(processes):
    found = mounting(processes, limits.disks_of_limited_size, range(12, 68, 4))
    assert {met.ended.code for met in found} == {0, 5}
    demand_recovered(found, "No space left on device")


def demand_recovered(found, reason):
    for met in found:
        assert not met.wrong
        if met.ended.code:
            assert len(met.ended.err.splitlines()) == 1
            assert re.match(rf"zen: /.*/\S+: {reason}", met.ended.err)


def mounting(processes, function, *arguments):
    try:
        return processes.submit(function, *arguments).result()
    except OSError as error:
        pytest.skip(f"this process may not mount a disk: {error}")


def as_it_is(folder):
    return folder / "runs"


def a_file(folder):
    (folder / "runs").write_text("mine", encoding="utf-8")
    return folder / "runs"


def below_a_file(folder):
    return a_file(folder) / "below"


def read_only(folder):
    (folder / "runs").mkdir(mode=0o500)
    return folder / "runs"


def test_a_file_in_the_place_of_runs_is_refused(processes):
    ended = processes.submit(limits.refused, a_file).result()
    assert ended.code == 2
    assert re.search("'--runs': Directory '.*' is a file", ended.err)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (below_a_file, "Not a directory|File exists"),
        pytest.param(
            read_only,
            "Permission denied",
            marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may write in a directory that is read-only"),
        ),
    ],
)
def test_a_place_where_no_run_can_be_is_refused_before_the_first_batch(processes, make, reason):
    demand_refused(processes.submit(limits.refused, make).result(), reason)


@pytest.mark.parametrize(
    ("options", "reason"), [("ro", "Read-only file system"), ("size=64k", r"the run needs .* of disk, but .* are free")]
)
def test_a_disk_that_cannot_hold_a_run_is_refused_before_the_first_batch(processes, options, reason):
    demand_refused(mounting(processes, limits.refused_on, options), reason)


@pytest.mark.parametrize("at", [1, 17, 23, 24, 27])
def test_a_full_disk_is_found_before_the_first_batch(processes, at):
    fault = Fault(at, lasts=True, among=ADDING, error=errno.ENOSPC)
    demand_refused(processes.submit(limits.refused, as_it_is, fault).result(), "No space left on device")


def demand_refused(ended, reason):
    assert ended.code == 5, ended
    assert re.fullmatch(rf"zen: /.*: ({reason}).*\n", ended.err)


# --- crowds ---


def test_many_trainings_that_start_at_once_have_a_directory_each(processes):
    ended = processes.submit(crowd.trained_at_once, 64).result()
    assert {end.code for end in ended} == {0}
    assert len({end.out for end in ended}) == 64


def test_of_many_that_resume_a_run_at_once_one_trains_it(processes):
    training, others = processes.submit(crowd.resumed_at_once, 8).result()
    assert (len(training), len(others)) == (1, 7)
    for end in others:
        assert end.code == 5
        assert re.fullmatch(rf"zen: .* is being trained by process {training[0]}: .*\n", end.err)


def test_without_the_lock_all_of_them_train_it(processes):
    training, _ = processes.submit(crowd.resumed_at_once, 8, locked=False, seconds=2.0).result()
    assert len(training) == 8

"""Signals, sent to processes that stand at a gate, or train; and a watch for signals by itself."""

import os
import re
import signal
import sys
import threading
import time
import tomllib
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import pytest
from conftest import run_zen, write_files
from gates import (
    MAKING,
    NOTING,
    SECONDS,
    calling,
    importing,
    last_line,
    publishing,
    send,
    started,
    wait_for,
)

from zen_cli.training import interrupt
from zen_cli.training.interrupt import Interrupted, SignalWatch

NAMES = ["SIGINT", "SIGTERM", "SIGHUP"]
LONG = "training.epochs=100000"


def demand_saved(process, name, folder, going_on=""):
    """That it stopped with a checkpoint, which it names; the step of it."""
    line = last_line(process, name, going_on)
    said = re.fullmatch(
        rf"zen: stopped by ({name}); step (\d+) is saved: `zen resume runs/tiny-1` goes on",
        line,
    )
    assert said, line
    assert checkpoint(folder, int(said[2])).is_file()
    return int(said[2])


def checkpoint(folder, step):
    return folder / "runs" / "tiny-1" / "checkpoints" / f"{step:012d}.safetensors"


def demand_resumes_exactly(folder, uninterrupted):
    """That `zen resume` ends with what a training has that was never stopped."""
    run = folder / "runs" / "tiny-1"
    assert run_zen("resume", run, "-q").code == 0
    for file in (
        "metrics.jsonl",
        "checkpoints/000000000004.safetensors",
        "predictions/predictions.csv",
        "scores.json",
    ):
        assert (run / file).read_bytes() == (uninterrupted / file).read_bytes(), file
    assert not [*run.rglob("*.tmp")]


# --- at once, where there is nothing to save ---

AT_ONCE = {  # command, gate, and the file that is being written there; a config is CONFIG, a run RUN
    "import": (["check", "CONFIG"], importing("numpy"), None),
    "read a config": (
        ["train", "CONFIG", "-q"],
        calling("zen_cli.config.text.reader", "read_file"),
        "runs",
    ),
    "make a run": (["train", "CONFIG", "-q"], publishing("run.json"), "run.json"),
    "save step 0": (
        ["train", "CONFIG", "-q"],
        publishing("0.safetensors"),
        "000000000000.safetensors",
    ),
    "results, predictions": (
        ["train", "CONFIG", "-q"],
        publishing("predictions.csv"),
        "predictions.csv",
    ),
    "results, a picture": (
        ["train", "CONFIG", "-q"],
        publishing("loss.png"),
        "loss.png",
    ),
    "results, scores": (
        ["train", "CONFIG", "-q"],
        publishing("scores.json"),
        "scores.json",
    ),
    "predict": (["predict", "RUN", "-o", "new.csv"], publishing("new.csv"), "new.csv"),
    "plot": (["plot", "RUN", "-o", "pictures"], publishing("loss.png"), "loss.png"),
    "evaluate": (
        ["evaluate", "RUN"],
        calling("zen_cli.training.evaluation", "evaluate"),
        None,
    ),
    "backtest": (
        ["backtest", "CONFIG", "--origins", "2", "-o", "b.csv"],
        publishing("b.csv"),
        "b.csv",
    ),
    "generate": (
        ["generate", "TEXT"],
        calling("zen_cli.training.generation", "written"),
        None,
    ),
    "init": (["init", "new.yaml"], publishing("new.yaml"), "new.yaml"),
}


@pytest.fixture(scope="module")
def at_gates(tmp_path_factory, tiny_config, tiny_run, names_run):
    """A process for each phase of AT_ONCE, side by side, and its folder."""
    known = {"CONFIG": tiny_config, "RUN": tiny_run, "TEXT": names_run}
    gates = {}
    for phase, (arguments, patch, _) in AT_ONCE.items():
        folder = tmp_path_factory.mktemp("gate")
        gates[phase] = (
            started(folder, [known.get(each, each) for each in arguments], patch),
            folder,
        )
    yield gates
    for process, _ in gates.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("phase", "name"), [*zip(AT_ONCE, cycle(NAMES))], ids=lambda each: each)
def test_it_stops_at_once_and_leaves_nothing_half_done(at_gates, phase, name):
    process, folder = at_gates[phase]
    wait_for(process)
    send(process, name)
    saved = "; step 4 is saved: `zen resume runs/tiny-1` goes on" if phase.startswith("results") else ""
    assert last_line(process, name) == f"zen: stopped by {name}{saved}"
    left = {path.name for path in folder.rglob("*")}
    assert AT_ONCE[phase][2] not in left
    assert not {each for each in left if each.endswith(".tmp")}


@pytest.mark.parametrize("name", NAMES)
def test_it_stops_in_silence_while_its_own_modules_are_imported(tmp_path, name):
    process = started(tmp_path, ["--help"], importing("click"))
    wait_for(process)
    send(process, name)
    assert last_line(process, name) == ""


def test_the_installed_command_begins_in_the_same_way():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"zen": "zen_cli.__main__:main"}


def test_a_file_that_was_to_be_replaced_is_as_it_was(tmp_path, tiny_run):
    write_files(tmp_path, {"new.csv": "before\n"})
    process = started(tmp_path, ["predict", tiny_run, "-o", "new.csv"], publishing("new.csv"))
    wait_for(process)
    send(process, "SIGTERM")
    last_line(process, "SIGTERM")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("new.csv", "before\n")]


def test_a_temporary_goes_even_where_the_signal_comes_as_it_is_made(tmp_path, tiny_run):
    process = started(tmp_path, ["predict", tiny_run, "-o", "new.csv"], MAKING)
    wait_for(process)
    send(process, "SIGTERM")
    last_line(process, "SIGTERM")
    assert [*tmp_path.iterdir()] == []


def test_a_signal_stops_what_reads_standard_input(tmp_path, sine_run):
    process = started(tmp_path, ["predict", sine_run, "-"])
    rows = "0.1,0.2\n" * 2**14  # more than a pipe holds: once they are written, it reads
    process.stdin.write(f"x,y\n{rows}")
    process.stdin.flush()
    send(process, "SIGTERM")
    assert last_line(process, "SIGTERM") == "zen: stopped by SIGTERM"


def test_a_signal_stops_what_waits_for_a_named_pipe(tmp_path):
    os.mkfifo(tmp_path / "c.yaml")
    process = started(tmp_path, ["train", "c.yaml"])
    pipe = os.open(tmp_path / "c.yaml", os.O_WRONLY)  # once somebody reads
    send(process, "SIGHUP")
    assert last_line(process, "SIGHUP") == "zen: stopped by SIGHUP"
    os.close(pipe)


def test_a_prompt_dies_by_the_signal_too(tmp_path):
    prompt = calling(
        "zen_cli.report.starters",
        "chosen",
        "import click; click.prompt('GATE\\n', err=True)",
    )
    process = started(tmp_path, ["init"], prompt)
    wait_for(process)
    send(process, "SIGTERM")
    assert last_line(process, "SIGTERM") == "zen: stopped by SIGTERM"


# --- after saving, while it trains ---


def test_a_training_saves_before_it_stops(tmp_path, tiny_config):
    processes = {name: started(tmp_path / name, ["train", tiny_config, LONG]) for name in NAMES}
    for name, process in processes.items():
        wait_for(process, "epoch 1/")
        send(process, name)
        demand_saved(process, name, tmp_path / name)
        assert run_zen("predict", "--runs", tmp_path / name / "runs").code == 0


def test_what_is_said_here_of_a_training_fails_without_its_handlers(tmp_path, tiny_config):
    without = "from zen_cli.training.interrupt import SignalWatch\nSignalWatch.__enter__ = lambda watch: watch\n"
    process = started(tmp_path, ["train", tiny_config, LONG], without)
    wait_for(process, "epoch 1/")
    send(process, "SIGTERM")
    with pytest.raises(AssertionError):
        demand_saved(process, "SIGTERM", tmp_path)


def test_a_signal_does_not_wait_for_an_evaluation(tmp_path, tiny_config, tiny_run):
    process = started(
        tmp_path,
        ["train", tiny_config],
        calling("zen_cli.training.evaluation", "evaluate"),
    )
    wait_for(process)
    send(process, "SIGTERM")
    assert demand_saved(process, "SIGTERM", tmp_path) == 2
    demand_resumes_exactly(tmp_path, tiny_run)


def test_a_signal_waits_for_a_save(tmp_path, tiny_config, tiny_run):
    process = started(tmp_path, ["train", tiny_config], publishing("4.safetensors"))
    wait_for(process)
    send(process, "SIGTERM")
    assert demand_saved(process, "SIGTERM", tmp_path, "\n") == 4
    demand_resumes_exactly(tmp_path, tiny_run)


SECOND = [("SIGTERM", "SIGTERM"), ("SIGINT", "SIGINT"), ("SIGHUP", "SIGTERM")]


def test_a_second_signal_leaves_a_save_at_once(tmp_path, tiny_config, tiny_run):
    folders = {pair: tmp_path / "-".join(pair) for pair in SECOND}
    gate = NOTING + publishing("4.safetensors")
    processes = {pair: started(folder, ["train", tiny_config], gate) for pair, folder in folders.items()}
    for (first, second), process in processes.items():
        wait_for(process)
        send(process, first)
        wait_for(process, "NOTED")
        send(process, second)
        assert last_line(process, second) == ""
    for folder in folders.values():
        assert not checkpoint(folder, 4).exists()
        demand_resumes_exactly(folder, tiny_run)


def test_signals_that_come_together_are_one(tmp_path, tiny_config):
    """At the end of a session, SIGTERM and SIGHUP."""
    process = started(tmp_path, ["train", tiny_config], publishing("4.safetensors"))
    wait_for(process)
    send(process, "SIGSTOP")
    os.waitpid(process.pid, os.WUNTRACED)  # it has stopped
    send(process, "SIGTERM", "SIGHUP", "SIGCONT")
    demand_saved(process, "SIGTERM|SIGHUP", tmp_path, "\n")


def test_hanging_up_again_is_part_of_the_same_event(tmp_path, tiny_config):
    """The shell of a terminal that closes sends SIGHUP, and the system sends it after the shell has gone."""
    gate = NOTING + publishing("4.safetensors")
    within = "from zen_cli.training import interrupt\ninterrupt.SAME_EVENT = "
    soon = started(tmp_path / "soon", ["train", tiny_config], f"{within}{SECONDS}\n{gate}")
    late = started(tmp_path / "late", ["train", tiny_config], f"{within}0\n{gate}")
    for process in soon, late:
        wait_for(process)
        send(process, "SIGHUP")
        wait_for(process, "NOTED")
        send(process, "SIGHUP")
    demand_saved(soon, "SIGHUP", tmp_path / "soon", "\n")
    assert last_line(late, "SIGHUP") == ""


IGNORED = {
    "import": (["--version"], importing("click")),
    "at once": (["predict", "RUN", "-o", "new.csv"], publishing("new.csv")),
    "training": (["train", "CONFIG", "-q"], publishing("4.safetensors")),
}


@pytest.mark.parametrize("phase", IGNORED)
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(tmp_path, tiny_config, tiny_run, phase):
    """SIGHUP under nohup, and SIGINT for what a shell starts with `&`."""
    arguments, patch = IGNORED[phase]
    known = {"CONFIG": tiny_config, "RUN": tiny_run}
    arguments = [known.get(each, each) for each in arguments]
    process = started(tmp_path, arguments, patch, ignored=["SIGHUP", "SIGINT"])
    wait_for(process)
    send(process, "SIGHUP", "SIGINT")
    _, said = process.communicate("\n", timeout=SECONDS)
    assert (process.returncode, said) == (0, "")


# --- a watch by itself ---


def test_a_watch_puts_back_what_was_there_before():
    before = (
        [signal.getsignal(number) for number in interrupt.SIGNALS],
        sys.unraisablehook,
    )
    with SignalWatch() as outer, SignalWatch() as inner:
        signal.raise_signal(signal.SIGTERM)
    assert (outer.received, inner.received) == (None, signal.SIGTERM)
    assert (
        [signal.getsignal(number) for number in interrupt.SIGNALS],
        sys.unraisablehook,
    ) == before


def test_at_once_raises_at_its_entry_what_has_come_before():
    with SignalWatch() as watch:
        signal.raise_signal(signal.SIGHUP)
        with pytest.raises(Interrupted, match=r"^stopped by SIGHUP$"), watch.at_once():
            pytest.fail("entered")


def test_a_watch_outside_the_main_thread_notes_nothing():
    def watch():
        with SignalWatch() as watch, watch.at_once():
            seen.append(watch.received)

    seen = []
    thread = threading.Thread(target=watch)
    thread.start()
    thread.join()
    assert seen == [None]


class Swallowing:
    """Python tells of what a destructor raises, and goes on."""

    def __del__(self):
        signal.raise_signal(signal.SIGTERM)


def swallow():
    Swallowing()


def turn_into_another():
    try:
        signal.raise_signal(signal.SIGTERM)
    except Interrupted:
        raise ImportError("as C code does") from None


@pytest.mark.parametrize("badly_behaved", [swallow, turn_into_another])
def test_a_signal_is_not_lost_in_code_that_swallows_it(badly_behaved):
    with pytest.raises(Interrupted), SignalWatch() as watch, watch.at_once():
        badly_behaved()


def test_a_signal_that_was_swallowed_is_raised_again(monkeypatch):
    monkeypatch.setattr(interrupt, "AGAIN", 0.001)
    reached = []
    with SignalWatch() as watch, suppress(Interrupted), watch.at_once():
        reached.append(swallow())
        reached.append(time.sleep(SECONDS))
    assert len(reached) == 1

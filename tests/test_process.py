"""zen as a process of its own: what it imports, pipes that close, and streams that are not there."""

import json
import os
import re
import subprocess
import sys

import pytest
from conftest import run_zen

from zen_cli import cli
from zen_cli.report import answers


def shell(script, folder, *arguments):
    """Run a script with `zen` in it; "$1", "$2" ... are the arguments."""
    define = f'zen() {{ {sys.executable} -m zen_cli "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", define + script, "-", *map(str, arguments)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# --- imports ---

QUICK = [["--help"], ["--version"], ["train", "--help"], ["plot", "--help"], ["train"], ["examples"], ["init", "-"]]


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
def test_help_imports_nothing_heavy(arguments):
    spy = (
        "import atexit, sys\n"
        "heavy = {'numpy', 'matplotlib', 'pydantic', 'rich', 'safetensors', 'tqdm', 'yaml'}\n"
        "atexit.register(lambda: print('HEAVY', sorted(heavy & sys.modules.keys()), file=sys.stderr))\n"
        f"sys.argv = ['zen', *{arguments!r}]\n"
        "import runpy\n"
        "runpy.run_module('zen_cli', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", spy], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("HEAVY []\n")
    assert done.returncode == (2 if arguments == ["train"] else 0)


# --- pipes and streams ---

PIPES = [  # script, exit code, words on standard output, words on standard error
    ("zen predict $1 -o - | head -n 1; echo ${PIPESTATUS[0]}", "^x,truth,prediction,part\n0\n$", "^$"),
    ("zen predict $1 -o /dev/stdout | head -n 1; echo ${PIPESTATUS[0]}", "^x,truth,prediction,part\n0\n$", "^$"),
    ("zen init - | head -n 1; echo ${PIPESTATUS[0]}", r"^# yaml-language-server: .*\n0\n$", "^$"),
    ("zen init a.yaml 2>&- && zen init /dev/stdout | wc -l; ls", r"^a.yaml\n\d\d\na.yaml\nzen.schema.json\n$", ""),
    ("zen predict nix 2>&-; echo $?", "^3\n$", "^$"),
    ("zen predict nix 2>/dev/full; echo $?", "^3\n$", "^$"),
    ("zen check $2 | head -n 1; echo ${PIPESTATUS[0]}", "^ok  schema .*\n0\n$", "^$"),
    ("zen train $2 --runs r >&-; echo $?; ls r", "^0\ntiny-1\n$", "Next +zen predict"),
    ("zen train $2 --runs r -q >&-; ls r/tiny-1/plots", "^loss.png\npredictions.png\n$", ""),
    ("zen train $2 --runs r 2>&-; echo $?; ls r/tiny-1/plots", "^0\nloss.png\npredictions.png\n$", "^$"),
    ("zen train $2 --runs r 2>/dev/full; echo $?; ls r/tiny-1/plots", "^0\nloss.png\npredictions.png\n$", "^$"),
    ("zen train $2 --runs r 2>&1 | head -n 1; echo ${PIPESTATUS[0]}; ls r/tiny-1/plots", "\n0\nloss.png\n", "^$"),
    ("TERM=dumb LC_ALL=C zen train $2 --runs r; echo $?", "^0\n$", r"\A[^\r\x1b]+\Z"),
    ("PYTHONIOENCODING=ascii zen train $2 --runs r; echo $?", "^0\n$", "Trained 2 epochs"),
    ("PYTHONIOENCODING=ascii zen show $2 data.source.Curve.expression=\u00e9", "expression: \u00e9 ", "^$"),
    ("zen train <(cat $2) --runs r -q && cmp r/*/config.yaml $2; echo $?", "^r/.*\n0\n$", "^$"),
]


PRINTING = {  # every command, as it prints data; a run is $1, a config $2, a run that writes text $3
    "init": "init new.yaml",
    "examples": "examples",
    "explain": "explain",
    "check": "check $2",
    "summary": "summary $1",
    "train": "train $2 --runs r -q",
    "resume": "resume $1 -q",
    "reproduce": "reproduce $1",
    "evaluate": "evaluate $1",
    "predict": "predict $1 -o -",
    "generate": "generate $3",
    "backtest": "backtest $2 --origins 2",
    "plot": "plot $1 -o pictures",
    "show": "show $2",
    "schema": "schema",
    "completion": "completion bash",
}
PRINTED = [*PRINTING.values(), "--help", "check --help"]
LOST = [(">&-", "it is closed"), (">/dev/full", "No space left on device")]


def test_every_command_is_among_those_that_print():
    assert PRINTING.keys() == cli.cli.commands.keys()


@pytest.mark.parametrize(("closed", "why"), LOST, ids=[closed for closed, _ in LOST])
@pytest.mark.parametrize("command", PRINTED)
def test_data_that_cannot_be_printed_are_an_error_which_names_standard_output(
    tmp_path, sine_run, tiny_config, names_run, command, closed, why
):
    done = shell(f"zen {command} {closed}", tmp_path, sine_run, tiny_config, names_run)
    assert (done.returncode, done.stdout) == (5, ""), done
    *others, last = done.stderr.splitlines()
    assert last == f"zen: standard output: {why}"
    assert not re.search("standard output|Exception ignored|Traceback", "\n".join(others))


@pytest.mark.parametrize("command", PRINTED)
def test_a_reader_that_has_gone_is_no_error(tmp_path, sine_run, tiny_config, names_run, command):
    done = shell(f"zen {command} | sleep 0; echo ${{PIPESTATUS[0]}}", tmp_path, sine_run, tiny_config, names_run)
    assert done.stdout == "0\n"
    assert "zen: " not in done.stderr


@pytest.mark.parametrize(("script", "out", "err"), PIPES, ids=[script.partition(";")[0] for script, *_ in PIPES])
def test_pipes_and_streams_that_end_early(tmp_path, sine_run, tiny_config, script, out, err):
    done = shell(script, tmp_path, sine_run, tiny_config)
    assert re.search(out, done.stdout), done
    assert re.search(err, done.stderr), done
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_predictions_pass_through_a_named_pipe(tmp_path, sine_run):
    os.mkfifo(tmp_path / "pipe")
    done = shell("zen predict $1 -o pipe & cat pipe; wait $!; echo $?", tmp_path, sine_run)
    assert (done.stdout.count("\n"), done.stdout[-2:]) == (153, "0\n"), done


# --- bugs ---


def test_a_bug_keeps_its_traceback_in_a_file(monkeypatch, tmp_path, tiny_run):
    monkeypatch.setattr(cli.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(answers, "predict", lambda *_: json.loads("{"))
    outcome = run_zen("predict", tiny_run)
    (file,) = tmp_path.iterdir()
    assert (outcome.code, outcome.out) == (1, "")
    assert re.fullmatch(rf"zen: this is a bug in zen \(JSONDecodeError: .*\).*{file.name}\n", outcome.err)
    assert "Traceback (most recent call last)" in file.read_text(encoding="utf-8")

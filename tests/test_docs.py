"""What the pages and the configs say is what zen does."""

import re
import shlex
from pathlib import Path

import pytest
from conftest import run_zen

from zen_cli.config.build import open_config
from zen_cli.config.guide.reference import page
from zen_cli.config.resolve import resolve
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.reader import read_text
from zen_cli.training.job import begin
from zen_cli.training.predictions import Said
from zen_cli.training.scores import scores_by_part

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language, containing):
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    (found,) = [text for text in blocks if containing in text]
    return found


def test_the_reference_of_configs_is_up_to_date():
    assert (ROOT / "docs" / "config.md").read_text(encoding="utf-8") == page()


def test_the_config_in_the_readme_is_the_shipped_one():
    shipped = resolve(read_text((ROOT / "configs" / "sine.yaml").read_bytes(), "sine.yaml"))
    assert resolve(read_text(block("yaml", "Curve"), "README.md")).values == shipped.values


def test_the_mistakes_in_the_readme_are_shown_as_it_says():
    wrong = block("yaml", "Curve").replace("Linear: 8", "Liner: 8").replace("5e-4", "-1")
    with pytest.raises(ConfigError) as caught:
        resolve(read_text(wrong, "mine.yaml"))
    assert f"zen: {caught.value}\n" == block("text", "Liner")


def test_the_script_in_the_readme_runs(capsys):
    exec(compile(block("python", "nn.Model"), "README.md", "exec"), {})
    predicted, real = map(float, capsys.readouterr().out.split())
    assert abs(predicted - real) < 0.2


@pytest.mark.parametrize(("page", "least"), [("README.md", 15), ("docs/reliability.md", 8)])
def test_each_command_of_a_page_runs_after_those_before_it(page, least, tmp_path, monkeypatch):
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    (tmp_path / "images.csv").write_text(",".join(["8"] * 64) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")
    commands = re.findall(r"^zen .*", "".join(re.findall(r"^```sh\n.*?^```", text, flags=re.DOTALL | re.M)), re.M)
    for command in commands:
        outcome = run_zen(*shlex.split(command, comments=True)[1:])
        assert outcome.code == 0, f"{command}\n{outcome.err}"
    assert len(commands) > least


@pytest.mark.parametrize("config", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda path: path.name)
def test_a_config_gets_the_score_that_it_states(config, tmp_path):
    opened = open_config(config, [])
    with begin(opened.experiment, tmp_path, config.stem, opened.text, []) as job:
        list(job.records())
        trained = job.trained()
    scores = scores_by_part(Said(trained, trained.data))
    said = re.search(r"Expect a (\w+) (RMSE|accuracy|perplexity) of ([\d.]+)", opened.text.decode())
    assert scores[said[1]].baselines
    found, stated = scores[said[1]].scores[said[2].lower()], float(said[3])
    assert found == pytest.approx(stated, rel=0.05)  # another BLAS kernel rounds otherwise

"""Where the configs that come with zen lie: the examples, and the templates of `zen init`."""

from pathlib import Path

from zen_cli.errors import MachineError

SCHEMA = "zen.schema.json"  # what editors check configs by; the first line of each config names it
PACKAGE = Path(__file__).parent
EXAMPLES = PACKAGE / "examples"  # in an installed wheel: pyproject.toml puts configs/ there
CHECKOUT = PACKAGE.parent / "configs"  # beside the package, in a clone that is installed with -e
TEMPLATES = PACKAGE / "templates"


def folder() -> Path:
    """The directory of the shipped configs. MachineError where the installation has lost them."""
    for place in (EXAMPLES, CHECKOUT):
        if place.is_dir():
            return place
    raise MachineError(f"the example configs are not where they were installed, in {EXAMPLES}: install zen-cli again")

"""What is in a folder that a person names."""

from pathlib import Path

from zen_cli.data.formats.opening import MissingFileError, shown
from zen_cli.errors import DataError


def folders_in(folder: str | Path) -> list[Path]:
    """The folders in a folder, by name, but for hidden ones."""
    return [path for path in _visible(folder) if path.is_dir()]


def files_in(folder: str | Path) -> list[Path]:
    """All else in a folder, by name, but for what is hidden."""
    return [path for path in _visible(folder) if not path.is_dir()]


def _visible(folder: str | Path) -> list[Path]:
    try:
        paths = sorted(path for path in Path(folder).iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        raise MissingFileError(folder, "folder") from None
    except OSError as error:
        raise DataError(f"{shown(folder)}: cannot be read: {error.strerror}") from None
    for path in paths:
        _demand_inside(path, Path(folder))
    return paths


def _demand_inside(path: Path, folder: Path) -> None:
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{shown(path)}: this link leads out of its folder")

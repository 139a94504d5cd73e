"""What no file of the package may do, by its syntax tree: run code from data, reach out, write past `durable`.

docs/security.md says why. A name is followed through imports and their aliases, and counts wherever it stands:
`map(eval, lines)` runs code as well as `eval(line)`. What is allowed in one file only is listed with its reason.
"""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "zen_cli"
FILES = sorted(PACKAGE.rglob("*.py"))

BUILTINS = {"eval", "exec", "compile", "__import__", "globals", "locals", "vars", "input", "breakpoint", "open"}
BY_NAME = {"getattr", "setattr", "delattr"}  # with a name that is no literal
MODULES = {  # that make objects of data, start programs, load code, or talk to others
    *("pickle", "_pickle", "cPickle", "marshal", "shelve", "dbm", "dill", "joblib", "cloudpickle", "jsonpickle"),
    *("copyreg", "sqlite3", "xml", "plistlib", "torch"),
    *("subprocess", "multiprocessing", "concurrent", "asyncio", "pty", "posix", "nt", "_posixsubprocess", "sched"),
    *(
        "importlib",
        "imp",
        "runpy",
        "code",
        "codeop",
        "zipimport",
        "pkgutil",
        "pydoc",
        "site",
        "builtins",
        "types",
        "gc",
    ),
    *("socket", "ssl", "urllib", "urllib3", "http", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "poplib"),
    *("imaplib", "telnetlib", "socketserver", "xmlrpc", "webbrowser", "select", "selectors", "antigravity"),
    *("ctypes", "cffi", "mmap", "tarfile", "glob2", "fileinput"),
}
ONLY = {  # of these modules, what is harmless; all else of them is refused
    "os": {
        "environ",
        "getpid",
        "access",
        "W_OK",
        "R_OK",
        "X_OK",
        "fstat",
        "stat",
        "scandir",
        "pread",
        "close",
        "fspath",
    }
    | {
        "path",
        "fsencode",
        "fsdecode",
        "getcwd",
        "sep",
        "devnull",
        "cpu_count",
        "strerror",
        "PathLike",
        "DirEntry",
        "statvfs",
    },
    "shutil": {"get_terminal_size", "disk_usage"},
    "tempfile": {"gettempdir"},
    "gc": {"freeze"},
    "importlib": {"metadata", "resources"},
    "types": {"UnionType", "NoneType", "GenericAlias", "FrameType", "ModuleType", "MappingProxyType", "TracebackType"},
    "yaml": {"parse", "SafeLoader", "Event", "Mark", "MarkedYAMLError", "YAMLError", "scanner", "scanner.ScannerError"}
    | {f"{kind}{part}Event" for kind in ("Mapping", "Sequence", "Collection", "Stream") for part in ("Start", "End")}
    | {"ScalarEvent", "AliasEvent"},
}
METHODS = {"write_text", "write_bytes", "unlink", "rmdir", "rename", "touch", "mkdir", "symlink_to", "hardlink_to"}
METHODS |= {"chmod", "extract", "extractall", "tofile", "rmtree", "system", "popen"}
NUMPY_WRITES = {f"numpy.{function}" for function in ("save", "savez", "savez_compressed", "savetxt")}
INSIDE = {"__globals__", "__builtins__", "__subclasses__", "__code__", "__reduce__", "__reduce_ex__", "__setstate__"}
WRITES = {"w", "a", "x", "+"}
OPENERS = {"gzip.open", "gzip.GzipFile", "zipfile.ZipFile", "io.open", "codecs.open", "bz2.open", "lzma.open"}

DURABLE = {"os.open", "os.write", "os.replace", "os.mkdir", "os.unlink", "os.ftruncate", "os.fsync"}
DURABLE |= {f"os.O_{flag}" for flag in ("APPEND", "CREAT", "EXCL", "RDONLY", "RDWR", "WRONLY")}
STREAMS = ("report/standard_output.py", "talk.py")
BY_TABLE = ("config/language/registry.py", "config/prepare.py", "data/scaling/stages.py", "data/forecasting.py")
BY_TABLE += ("config/meaning/doubts.py", "data/sources/mackey_glass.py", "data/tables.py", *STREAMS)
LASTS = "the module whose writes last"
STREAM = "what a closed stream gets in its place, /dev/null"
ITSELF = "its own process, by a signal or after a second one"
TABLE = "a name from a table of zen's, or from a signature, never from a file"
ALLOWED = {  # what, in which files, and why
    **{(name, "training/durable.py"): LASTS for name in sorted(DURABLE)},
    **{(name, file): STREAM for name in ("os.open", "os.O_WRONLY", "os.dup2") for file in STREAMS},
    ("os.kill", "training/durable.py"): "whether a process is alive: signal 0",
    ("os.kill", "training/interrupt.py"): ITSELF,
    ("os._exit", "training/interrupt.py"): ITSELF,
    ("os.write", "data/table/disk.py"): "rows of a table, to a file that has no name any more",
    ("tempfile.mkstemp", "data/table/disk.py"): "that file",
    (".unlink", "data/table/disk.py"): "its name",
    (".open to write", "data/formats/arrays.py"): "no mode but the member of an archive, to be read",
    ("tempfile.NamedTemporaryFile", "cli.py"): "the traceback of a bug",
    ("tempfile.TemporaryDirectory", "commands/reproduce.py"): "a training that is compared and forgotten",
    ("ctypes", "training/environment.py"): "mallopt of the C library that runs already: to keep freed memory",
    **{("getattr", file): TABLE for file in BY_TABLE},
    **{("setattr", file): TABLE for file in ("config/meaning/components.py", "data/sources/mackey_glass.py")},
}


def offences(source):
    """What a piece of source does that the package may not, each as the name that it uses."""
    tree = ast.parse(source)
    known = imported(tree)
    found = [offence for node in ast.walk(tree) for offence in offences_of(node, known)]
    return sorted(set(found))


def imported(tree):
    """What the names that a file imports stand for: {"np": "numpy", "run": "subprocess.run"}."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname: alias.name for alias in node.names if alias.asname}
            known |= {top: top for alias in node.names if not alias.asname for top in [alias.name.split(".")[0]]}
        elif isinstance(node, ast.ImportFrom):
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return known


def offences_of(node, known):
    match node:
        case ast.Import():
            return [name for alias in node.names for name in refused(alias.name)]
        case ast.ImportFrom():
            return [name for alias in node.names for name in refused(f"{node.module}.{alias.name}")]
        case ast.Name():
            return refused(known.get(node.id, node.id)) if node.id in known or node.id in BUILTINS else []
        case ast.Attribute():
            inside = [node.attr] if node.attr in INSIDE else []
            return inside + refused(dotted(node, known))
        case ast.Call():
            return offences_of_call(node, known)
    return []


def dotted(node, known):
    """`np.load` as numpy.load; empty for an attribute of what is no imported name."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value, known)
        return f"{before}.{node.attr}" if before else ""
    return known.get(node.id, "") if isinstance(node, ast.Name) else ""


def refused(name):
    """The name, if it is of what the package does not use."""
    if name in BUILTINS:
        return [name]
    module, _, rest = name.partition(".")
    if module in ONLY:
        known = not rest or any(f"{rest}.".startswith(f"{allowed}.") for allowed in ONLY[module])
        return [] if known else [".".join(name.split(".")[:2])]
    return [module] if module in MODULES else []


def offences_of_call(call, known):
    called = call.func
    name = dotted(called, known) or getattr(called, "id", "")
    last = called.attr if isinstance(called, ast.Attribute) else ""
    settings = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    found = [
        ("allow_pickle", settings.get("allow_pickle", "False") != "False"),
        ("shell", "shell" in settings),
        (name, name == "numpy.load" and settings.get("allow_pickle") != "False"),
        (name, name == "numpy.memmap" and mode_of(call, 2, "r+") != "r"),
        (name, name in NUMPY_WRITES or by_name(name, call)),
        (f".{last}", last in METHODS and not name.startswith(("os.", "shutil.", "platform."))),
        (".open to write", not name and last == "open" and writes(call, 0)),
        (f"{name} to write", name in OPENERS and writes(call, 1)),
    ]
    return [what for what, so in found if so]


def by_name(name, call):
    return name in BY_NAME and not (len(call.args) > 1 and isinstance(call.args[1], ast.Constant))


def writes(call, place):
    return bool(WRITES & set(mode_of(call, place)))


def mode_of(call, place, default="r"):
    """The mode of a file that a call opens; one that is no literal counts as one to write."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] or call.args[place : place + 1]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else "w" if given else default


# --- the package ---


def offences_in(path):
    name = path.relative_to(PACKAGE).as_posix()
    return {(what, name) for what in offences(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_does_nothing_of_the_kind(path):
    assert not offences_in(path) - ALLOWED.keys()


def test_what_is_allowed_is_done():
    assert ALLOWED.keys() == {offence for path in FILES for offence in offences_in(path)} & ALLOWED.keys()
    assert len(FILES) > 100


# --- the walker ---

REFUSED = [
    ("eval('1')", "eval"),
    ("list(map(eval, lines))", "eval"),
    ("run = exec", "exec"),
    ("compile(text, 'f', 'exec')", "compile"),
    ("__import__(name)", "__import__"),
    ("globals()[name]()", "globals"),
    ("f.__globals__['os']", "__globals__"),
    ("().__class__.__base__.__subclasses__()", "__subclasses__"),
    ("class A:\n    def f(self): return self.__reduce__()", "__reduce__"),
    ("getattr(layers, name)(3)", "getattr"),
    ("setattr(model, key, value)", "setattr"),
    ("import importlib\nimportlib.import_module(name)", "importlib.import_module"),
    ("from importlib import import_module as get\nget(name)", "importlib.import_module"),
    ("import importlib.util", "importlib.util"),
    ("import pickle", "pickle"),
    ("import pickle as p", "pickle"),
    ("from pickle import loads", "pickle"),
    ("def f():\n    import marshal\n    return marshal.loads(b'')", "marshal"),
    ("import shelve, dill", "dill"),
    ("from joblib import load", "joblib"),
    ("import torch", "torch"),
    ("import yaml\nyaml.load(text, yaml.SafeLoader)", "yaml.load"),
    ("import yaml\nyaml.safe_load(text)", "yaml.safe_load"),
    ("import yaml as y\ny.unsafe_load(text)", "yaml.unsafe_load"),
    ("from yaml import full_load", "yaml.full_load"),
    ("from yaml import CLoader as L", "yaml.CLoader"),
    ("import numpy as np\nnp.load(path)", "numpy.load"),
    ("import numpy as np\nnp.load(path, allow_pickle=True)", "allow_pickle"),
    ("from numpy import load\nload(path)", "numpy.load"),
    ("np.lib.format.read_array(file, allow_pickle=flag)", "allow_pickle"),
    ("import numpy as np\nnp.memmap(path, 'f4', 'r+')", "numpy.memmap"),
    ("import numpy as np\nnp.memmap(path)", "numpy.memmap"),
    ("import numpy as np\nnp.save(path, x)", "numpy.save"),
    ("x.tofile(path)", ".tofile"),
    ("import os\nos.system('id')", "os.system"),
    ("import os as o\no.popen('id')", "os.popen"),
    ("from os import execv", "os.execv"),
    ("import os\nos.spawnl(os.P_WAIT, 'id')", "os.spawnl"),
    ("import os\nos.fork()", "os.fork"),
    ("import os\nos.remove(path)", "os.remove"),
    ("import os\nos.open(path, os.O_WRONLY)", "os.open"),
    ("import os\nos.environ.update(a='b')\nos.putenv('a', 'b')", "os.putenv"),
    ("import subprocess\nsubprocess.run(['id'])", "subprocess"),
    ("from subprocess import run as go", "subprocess"),
    ("f('id', shell=True)", "shell"),
    ("import multiprocessing.pool", "multiprocessing"),
    ("import socket", "socket"),
    ("from urllib.request import urlopen", "urllib"),
    ("import http.client as h", "http"),
    ("import requests", "requests"),
    ("import ctypes", "ctypes"),
    ("import shutil\nshutil.rmtree(path)", "shutil.rmtree"),
    ("from shutil import copyfile", "shutil.copyfile"),
    ("import gc\ngc.get_objects()", "gc.get_objects"),
    ("import tempfile\ntempfile.mktemp()", "tempfile.mktemp"),
    ("import tempfile\ntempfile.TemporaryDirectory()", "tempfile.TemporaryDirectory"),
    ("open(path)", "open"),
    ("path.open('w')", ".open to write"),
    ("path.open(mode='ab')", ".open to write"),
    ("path.open('rb+')", ".open to write"),
    ("path.open(mode)", ".open to write"),
    ("import gzip\ngzip.open(path, 'wb')", "gzip.open to write"),
    ("import zipfile\nzipfile.ZipFile(path, 'a')", "zipfile.ZipFile to write"),
    ("archive.extractall(folder)", ".extractall"),
    ("path.write_text('x')", ".write_text"),
    ("path.unlink()", ".unlink"),
    ("from pathlib import Path\nPath.unlink(path)", ".unlink"),
    ("path.symlink_to(other)", ".symlink_to"),
]
ACCEPTED = [
    "model.eval()",
    "import re\nre.compile('a')",
    "import ast\nast.parse(text, mode='eval')",
    "getattr(stage, 'slope', 0)",
    "import numpy as np\nnp.load(file, allow_pickle=False)",
    "import numpy as np\nnp.memmap(file, dtype, 'r', start, shape)",
    "np.lib.format.read_array(file, allow_pickle=False)",
    "import os\nos.environ.get('HOME')\nos.path.join('a', 'b')",
    "from importlib import resources",
    "from importlib.metadata import version",
    "import yaml\nyaml.parse(text, Loader=yaml.SafeLoader)",
    "path.open('rb')",
    "path.open()",
    "import zipfile\nzipfile.ZipFile(file)",
    "import platform\nplatform.system()",
    "import shutil\nshutil.disk_usage(path)",
    "text = 'eval(1); import pickle'",
    "def load(path): ...\nload(path)",
    "records.compile = 3",
]


@pytest.mark.parametrize(("source", "offence"), REFUSED, ids=[source for source, _ in REFUSED])
def test_the_walker_refuses(source, offence):
    assert offence in offences(source)


@pytest.mark.parametrize("source", ACCEPTED)
def test_the_walker_accepts(source):
    assert offences(source) == []


def test_every_module_and_method_that_is_refused_is_met_by_the_walker():
    assert all(offences(f"import {module}") for module in MODULES - ONLY.keys())
    assert all(offences(f"from {module} import other") for module in MODULES - {"types"})
    assert all(offences(f"x.{method}()") == [f".{method}"] for method in METHODS)
    assert all(offences(f"x.{name}") == [name] for name in INSIDE)
    assert all(offences(name) == [name] for name in BUILTINS)

"""PyTorch's MKL with the kernels that it keeps for Intel's processors.

MKL takes AVX2 kernels on other makers' processors that have AVX-512, which halves PyTorch's matrix products there. No
setting changes that, but a preloaded library can answer in MKL's place. This shows what PyTorch would do with them.
"""

import subprocess
from pathlib import Path

SOURCE = "int mkl_serv_intel_cpu_true(void) { return 1; }"


def as_on_intel(directory: Path) -> Path:
    """A library for LD_PRELOAD, made in `directory` with the system's C compiler."""
    library = directory / "intel.so"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    subprocess.run(command, input=SOURCE, text=True, check=True)
    return library

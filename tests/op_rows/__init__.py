"""One table of rows for all ops, from a module per room of autodiff.

A row is an op, its inputs (a shape stands for random numbers, a number for a constant), and its settings. REFERENCES
holds the same function on NumPy arrays for every op that does not have the name of its NumPy function.
"""

import importlib
import pkgutil

MODULES = [importlib.import_module(f"op_rows.{module.name}") for module in pkgutil.iter_modules(__path__)]
ROWS = [row for module in MODULES for row in getattr(module, "ROWS", [])]
REFERENCES = {name: f for module in MODULES for name, f in getattr(module, "REFERENCES", {}).items()}

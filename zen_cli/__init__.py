"""zen turns a YAML file into a trained model.

As a library: `from zen_cli import autodiff, loss, nn, optim`. Nothing is imported here, so that
`zen --help` stays quick.
"""

__version__ = "0.1.0"

"""`python -m zen_cli` is `zen`."""

from zen_cli.cli import main

main()

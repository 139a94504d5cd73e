"""`zen`, and `python -m zen_cli`."""

import signal


def main() -> None:
    """Run the command line. A signal that comes while its modules are read ends the process without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # where it is not ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # KeyboardInterrupt would show where it had got to
    from zen_cli import cli

    cli.main()


if __name__ == "__main__":
    main()

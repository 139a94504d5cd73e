"""Random numbers for the rows, the same each time."""

from conftest import numbers


def positive(*shape):
    return numbers(*shape, low=0.5)

"""Tables in CSV files: read in blocks, every cell checked, rows on disk where they are too many for memory."""

from zen_cli.data.table.cells import NONE, Decimal, Unseen
from zen_cli.data.table.disk import DiskRows
from zen_cli.data.table.frame import Column, Frame, NoColumnError
from zen_cli.data.table.kinds import Kind
from zen_cli.data.table.reading import MEMORY, read_frame

__all__ = ["MEMORY", "NONE", "Column", "Decimal", "DiskRows", "Frame", "Kind", "NoColumnError", "Unseen", "read_frame"]

"""Read files in a child process with limits, and with walls where the system has them."""

from qa.sandbox.process import Load, Sandbox
from qa.sandbox.walls import describe_walls

__all__ = ["Load", "Sandbox", "describe_walls"]

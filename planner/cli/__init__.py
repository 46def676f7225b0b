"""The command line: ``jangkau COMMAND …``, one module a group of commands.

Everything heavy is imported inside the commands, so that ``--help`` answers at once.
"""

from planner.cli.run import main

__all__ = ["main"]

"""The workbook of an answer, for an analyst or an officer: one way of writing it for commands and app."""

from planner.reports.workbook.book import write_workbook

__all__ = ["write_workbook"]

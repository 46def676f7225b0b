"""Travel times, coverage and gaps of primary care.

Analysts start at :mod:`planner.pipeline`; the command line calls the same functions.
"""

"""The formulas of the workbook, in the words that Excel and LibreOffice share.

Cells of text (unknown, no way there) are in no sum. Ranges are compared by ``=`` inside SUMPRODUCT, not by
SUMIF: its criterion would take the code 11.02.03 for a time of day.
"""

from __future__ import annotations


def total(cells: str, none: str) -> str:
    """Return the sum of the numbers in a range; a word where there is no number.

    Parameters
    ----------
    cells
        A range.
    none
        What stands there without any number.

    Examples
    --------
    >>> total("A1:A3", "unknown")
    '=IF(COUNT(A1:A3)=0,"unknown",SUM(A1:A3))'
    """
    return f"=IF(COUNT({cells})=0,{text(none)},SUM({cells}))"


def total_seen(cells: str, none: str) -> str:
    """Return the same for the rows that a filter lets through.

    Examples
    --------
    >>> total_seen("A1:A3", "unknown")
    '=IF(SUBTOTAL(102,A1:A3)=0,"unknown",SUBTOTAL(109,A1:A3))'
    """
    return f"=IF(SUBTOTAL(102,{cells})=0,{text(none)},SUBTOTAL(109,{cells}))"


def if_all_known(sum_of: str, cells: str, none: str, which: str = "") -> str:
    """Return a sum that stands only where each of its cells is known; the word for unknown instead.

    Parameters
    ----------
    sum_of
        As from :func:`total` or :func:`total_seen`.
    cells
        What it adds up.
    none
        How a cell says that it is unknown.
    which
        A further condition on rows, as an array.

    Examples
    --------
    >>> if_all_known("=SUM(B1:B2)", "B1:B2", "unknown")
    '=IF(SUMPRODUCT((B1:B2="unknown")*1)>0,"unknown",SUM(B1:B2))'
    """
    lacking = f"SUMPRODUCT({equal(cells, text(none))}*{which or 1})"
    return f"=IF({lacking}>0,{text(none)},{sum_of.removeprefix('=')})"


def if_alike(sum_of: str, alike: str, instead: str) -> str:
    """Return a sum that stands only where the rows that it adds up are alike; other words instead.

    Parameters
    ----------
    sum_of
        As from :func:`total` or :func:`total_seen`.
    alike
        As from :func:`alike` or :func:`alike_seen`.
    instead
        What stands there where they are not.

    Examples
    --------
    >>> if_alike("=SUM(B1:B2)", alike("A1", "A1:A2"), "by kind")
    '=IF(SUMPRODUCT((A1:A2=A1)*1)=COUNTA(A1:A2),SUM(B1:B2),"by kind")'
    """
    return f"=IF({alike},{sum_of.removeprefix('=')},{text(instead)})"


def alike(first: str, cells: str) -> str:
    """Return the condition that all cells of a range hold what its first one does.

    Examples
    --------
    >>> alike("A1", "A1:A3")
    'SUMPRODUCT((A1:A3=A1)*1)=COUNTA(A1:A3)'
    """
    return f"SUMPRODUCT({equal(cells, first)}*1)=COUNTA({cells})"


def alike_seen(cells: str, which: str) -> str:
    """Return the condition that the rows that a filter lets through hold the same.

    Parameters
    ----------
    cells
        What must be alike.
    which
        As from :func:`seen`.

    Examples
    --------
    >>> alike_seen("A1:A3", "w")
    'SUMPRODUCT(w*MATCH(A1:A3,A1:A3,0))*SUMPRODUCT(w*MATCH(A1:A3,A1:A3,0))=SUMPRODUCT(w*1)*SUMPRODUCT(w*...)'
    """
    at = f"MATCH({cells},{cells},0)"
    mean_of = f"SUMPRODUCT({which}*{at})"
    # Of numbers above 0, the square of the sum is the count times the sum of squares if they are all one.
    return f"{mean_of}*{mean_of}=SUMPRODUCT({which}*1)*SUMPRODUCT({which}*{at}*{at})"


def mean(cells: str, weights: str, none: str, which: str = "") -> str:
    """Return the mean of the numbers in a range by their weights; a word where nothing has a weight.

    Parameters
    ----------
    cells, weights
        Ranges of one shape; a row counts where both are numbers.
    none
        What stands there without any.
    which
        A further condition on rows, as an array.

    Examples
    --------
    >>> mean("A1:A2", "B1:B2", "-")
    '=IF(SUMPRODUCT(ISNUMBER(A1:A2)*1,B1:B2)=0,"-",SUMPRODUCT(A1:A2,B1:B2)/SUMPRODUCT(ISNUMBER(A1:A2)*1,B1:B2))'
    """
    known = f"ISNUMBER({cells})*{which or 1}"
    over = f"SUMPRODUCT({known},{weights})"
    some = f"SUMPRODUCT({which}*1,{cells},{weights})" if which else f"SUMPRODUCT({cells},{weights})"
    return f"=IF({over}=0,{text(none)},{some}/{over})"


def seen(first: str, cells: str) -> str:
    """Return an array of 1 for the rows that a filter lets through, and 0 for the others.

    Parameters
    ----------
    first
        The range's first cell.
    cells
        A range of one column without empty cells.

    Examples
    --------
    >>> seen("A1", "A1:A3")
    'SUBTOTAL(103,OFFSET(A1,ROW(A1:A3)-ROW(A1),0))'
    """
    return f"SUBTOTAL(103,OFFSET({first},ROW({cells})-ROW({first}),0))"


def count_where(*conditions: str) -> str:
    """Return how many rows meet all conditions.

    Examples
    --------
    >>> count_where(equal("A1:A3", "D1"), equal("B1:B3", text("gap")))
    '=SUMPRODUCT((A1:A3=D1)*(B1:B3="gap")*1)'
    """
    return f"=SUMPRODUCT({'*'.join((*conditions, '1'))})"


def sum_where(cells: str, condition: str, none: str) -> str:
    """Return the sum of the numbers in the rows that meet a condition; a word where there is no number.

    Examples
    --------
    >>> sum_where("B1:B3", equal("A1:A3", "D1"), "unknown")
    '=IF(SUMPRODUCT((A1:A3=D1)*ISNUMBER(B1:B3))=0,"unknown",SUMPRODUCT((A1:A3=D1)*1,B1:B3))'
    """
    found = f"SUMPRODUCT({condition}*ISNUMBER({cells}))"
    return f"=IF({found}=0,{text(none)},SUMPRODUCT({condition}*1,{cells}))"


def equal(cells: str, to: str) -> str:
    """Return the condition that cells hold what another one holds."""
    return f"({cells}={to})"


def text(words: str) -> str:
    """Return a text as a formula has it.

    Examples
    --------
    >>> text('5" pipe')
    '"5"" pipe"'
    """
    doubled = words.replace('"', '""')
    return f'"{doubled}"'

"""The text of a file, in whichever of the usual encodings it is."""

from __future__ import annotations

import csv
import re

# What Excel calls "Unicode text", by the mark that it begins with.
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# One of them begins like the mark of UTF-16.
UTF_32_MARKS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
SNIFF_BYTES = 4_096
# So great a share of the first, or of the second, bytes are zero in UTF-16 of Latin letters.
WIDE = 0.8
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def decoded(data: bytes) -> str:
    r"""Return a file's text: UTF-8, UTF-16 with its mark, or else Windows-1252.

    Raises
    ------
    UnicodeDecodeError
        It is none of these.
    csv.Error
        It holds binary data.

    Examples
    --------
    >>> decoded("Nama\tDésa".encode("utf-16"))
    'Nama\tDésa'
    """
    if data.startswith(UTF_16_MARKS):
        return data.decode("utf-16")
    if (wide := _unmarked_utf_16(data)) is not None:
        return wide
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    if "\x00" in text:
        msg = "it holds binary data"
        raise csv.Error(msg)
    return text


def _unmarked_utf_16(data: bytes) -> str | None:
    """Return the text of UTF-16 that does not begin with its mark, None where it is anything else.

    Of two bytes one is nearly always zero, and the same one; and no text has signs that nobody can see.
    """
    head = data[:SNIFF_BYTES]
    if len(data) % 2 or b"\x00" not in head:
        return None
    zeros = [head[start::2].count(0) / (len(head) / 2) for start in (0, 1)]
    if max(zeros) < WIDE or min(zeros) > 1.0 - WIDE:
        return None
    try:
        text = data.decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")
    except UnicodeDecodeError:
        return None
    return None if _UNSEEN.search(text) else text

"""How kernels are compiled, and where what was compiled is kept for the next start.

Numba's own cache knows a kernel by its file alone. One that calls, or is handed, what stands in another file
stays as it was when that changes; and what names a class that has another name now cannot even be read. So a
folder of its own belongs to each state of all kernels' sources.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
from numba.core import caching
from numba.core.dispatcher import Dispatcher

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def sources(folder: Path) -> str:
    """Return the SHA-256 of all modules of a folder, their names among it, in hexadecimal.

    Parameters
    ----------
    folder
        Of the kernels.

    Examples
    --------
    >>> len(sources(Path(__file__).parent))
    64
    """
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.name} {content}\n".encode())
    return digest.hexdigest()


class _OfSources:
    """Puts what Numba keeps of a kernel into the folder of the sources that it came of."""

    def get_cache_path(self) -> str:
        state = sources(Path(__file__).parent)
        return str(Path(super().get_cache_path()) / f"kernels-{state[:16]}")  # type: ignore[misc]  # of Numba


class _Named(_OfSources, caching.UserProvidedCacheLocator):  # type: ignore[misc]  # Numba ships no types
    """In the folder that NUMBA_CACHE_DIR names."""


class _InTree(_OfSources, caching.InTreeCacheLocator):  # type: ignore[misc]  # as above
    """Beside the kernels: found by every process of this installation, whoever runs it."""


class _OfUser(_OfSources, caching.UserWideCacheLocator):  # type: ignore[misc]  # as above
    """In the user's own cache, where the installation may not be written to."""


class _Kept(caching.CompileResultCacheImpl):  # type: ignore[misc]  # as above
    _locator_classes = [_Named, _InTree, _OfUser]  # noqa: RUF012 - Numba's own form


class _Cache(caching.FunctionCache):  # type: ignore[misc]  # as above
    _impl_class = _Kept

    def save_overload(self, sig: object, data: object) -> None:
        """Keep what was compiled, or go on without: a disk that is full there keeps nobody from an answer."""
        with suppress(OSError):
            super().save_overload(sig, data)


def njit(*, nogil: bool = False, inline: str = "never") -> Any:  # noqa: ANN401 - as Numba's own
    """Return what compiles a kernel when it is first called, and keeps that for other processes.

    Where nothing can be kept, since no folder may be written to or the disk is full, each process compiles
    for itself.

    Parameters
    ----------
    nogil
        Whether it lets other threads run.
    inline
        ``always`` puts its code into that of its callers.

    Examples
    --------
    >>> @njit()
    ... def double(x):
    ...     return 2 * x
    """

    def compiled(kernel: Callable[..., Any]) -> Any:  # noqa: ANN401 - as above
        made: Any = numba.njit(nogil=nogil, inline=inline)(kernel)
        # With Numba's compiler switched off (NUMBA_DISABLE_JIT) it is the plain function.
        if isinstance(made, Dispatcher):
            _keep(made)
        return made

    return compiled


def _keep(made: Any) -> None:  # noqa: ANN401 - Numba ships no types
    """Give a kernel our cache, as ``cache=True`` would give it Numba's."""
    try:
        made._cache = _Cache(made.py_func)  # noqa: SLF001 - Numba has no way for one library
    except RuntimeError:
        # No folder can be written to; of a function in no file (a notebook's, a doctest's) nothing is kept.
        return

"""Where jobs run: in this process, on a cluster of this machine, or on one by its address."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from geodata.errors import InputError
from planner.nation.advice import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# A job whose worker was killed so often is given up, and reported.
TRIES = 5
# How long an existing cluster may take to answer.
CONNECT_S = 20
Job = TypeVar("Job")


class ClusterError(InputError, ConnectionError):
    """The cluster is not there, or went away."""


@dataclass(frozen=True)
class Failure:
    """Why a job has no result.

    Attributes
    ----------
    message
        What to do about it.
    ours
        Whether it is our fault and not that of the data.
    """

    message: str
    ours: bool = False


class Workers(Protocol):
    """Runs jobs, and gives each back with its result as it is done."""

    link: str

    def run(
        self, work: Callable[[Job], Any], jobs: Sequence[tuple[str, Job]]
    ) -> Iterator[tuple[str, Any | Failure]]:
        """Yield (name, result) in the order in which jobs end."""


class InThisProcess:
    """One job after the other, here.

    Examples
    --------
    >>> list(InThisProcess().run(abs, [("a", -1)]))
    [('a', 1)]
    """

    link = ""

    def run(
        self, work: Callable[[Job], Any], jobs: Sequence[tuple[str, Job]]
    ) -> Iterator[tuple[str, Any | Failure]]:
        """Yield (name, result) in the order of the jobs."""
        for name, job in jobs:
            try:
                result = work(job)
            except InputError as error:
                result = Failure(told(error))
            yield name, result


class OnDask:
    """Jobs as tasks of a Dask cluster; a killed worker's are run again by another.

    Parameters
    ----------
    client
        Of ``distributed``.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - distributed ships no types
        self._client = client
        self.link: str = client.dashboard_link or ""

    def run(
        self, work: Callable[[Job], Any], jobs: Sequence[tuple[str, Job]]
    ) -> Iterator[tuple[str, Any | Failure]]:
        """Yield (name, result) in the order in which jobs end.

        Raises
        ------
        ClusterError
            The scheduler is gone.
        """
        import distributed

        as_completed: Any = distributed.as_completed

        futures = {}
        for number, (name, job) in enumerate(jobs):
            # The first are the largest: they begin first.
            future = self._client.submit(
                _guarded, work, job, key=f"{work.__name__}-{name}", pure=False, priority=-number
            )
            futures[future.key] = name
            futures[f"{future.key} "] = future
        waiting = [f for k, f in futures.items() if k.endswith(" ")]
        for future in as_completed(waiting, loop=self._client.loop):
            if future.status in ("cancelled", "lost"):
                msg = "the cluster's scheduler is gone; what is done is kept: run this again to go on."
                raise ClusterError(msg)
            yield futures[future.key], _result(future)
            future.release()


def _guarded(work: Callable[[Job], object], job: Job) -> object:
    """Return a failure as a value, so that the cluster does not log it as a fault of its own."""
    try:
        return work(job)
    except InputError as error:
        return Failure(told(error))


def _result(future: Any) -> Any | Failure:  # noqa: ANN401 - distributed ships no types
    from distributed.scheduler import KilledWorker

    if future.status == "finished":
        return future.result()
    error = future.exception()
    if isinstance(error, KilledWorker):
        msg = (
            f"its worker ended {TRIES} times while it worked on it: it needs more memory than a worker has "
            "(--memory), or somebody ends workers."
        )
        return Failure(msg)
    return Failure(f"{type(error).__name__}: {error}", ours=True)


def _started(make: Callable[[], Any]) -> Any:  # noqa: ANN401 - distributed ships no types
    """Return the cluster; a worker that is killed while it starts takes the whole with it, so try again."""
    for left in reversed(range(TRIES)):
        try:
            return make()
        except RuntimeError as error:
            if not left:
                msg = (
                    f"the workers of this machine ended {TRIES} times before they had begun: there is too "
                    "little memory for them (--workers 1, --workers 0), or somebody ends them."
                )
                raise ClusterError(msg) from error
    raise AssertionError


def _connected(scheduler: str) -> Any:  # noqa: ANN401 - distributed ships no types
    """Return a client of the scheduler at an address.

    Raises
    ------
    ClusterError
        Nobody answers there.
    """
    import distributed

    # Made before it connects, so that what does not get that far can be ended: it would wait for an answer
    # as long again when Python takes it away.
    kind: Any = distributed.Client
    client = kind.__new__(kind)
    try:
        client.__init__(scheduler, timeout=CONNECT_S, set_as_default=False)
    except Exception as error:
        client.status = "closed"
        if not isinstance(error, (OSError, TimeoutError, ValueError)):
            raise
        msg = (
            f"no Dask scheduler answers at {scheduler}: {error or 'no answer in time'}. Give its address "
            "with the port, as it says when it starts (tcp://10.0.0.1:8786)."
        )
        raise ClusterError(msg) from error
    return client


@contextmanager
def workers(scheduler: str | None, number: int, memory_mb: float) -> Iterator[Workers]:
    """Give workers: of an existing cluster by its address, of this machine, or this process for 0.

    Parameters
    ----------
    scheduler
        Such as ``tcp://10.0.0.1:8786``; its workers must see the same files, and have Jangkau. None for a
        cluster of this machine, that only this machine can reach.
    number
        Of worker processes, each with one thread.
    memory_mb
        Of each; a worker that exceeds it is ended, and its job is run again.

    Raises
    ------
    ClusterError
        Nobody answers at the address; this machine's workers are ended before they have begun.

    Examples
    --------
    >>> with workers(None, 0, 1000.0) as here:
    ...     here.link
    ''
    """
    if scheduler is None and number == 0:
        yield InThisProcess()
        return
    import dask
    import distributed

    connect: Any = distributed.Client
    local: Any = distributed.LocalCluster

    # The client's logger has a level of its own; what it would say at length, ClusterError says in a line.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    quiet = {
        "distributed.scheduler.allowed-failures": TRIES, "distributed.admin.tick.limit": "1h",
        # Of the workers' own processes: what goes wrong is told by name.
        "distributed.nanny.pre-spawn-environ": {
            **dask.config.get("distributed.nanny.pre-spawn-environ", {}),
            "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical",
        },
    }  # fmt: skip
    with dask.config.set(quiet):
        if scheduler is not None:
            with _connected(scheduler) as client:
                yield OnDask(client)
            return
        cluster = _started(lambda: local(
            n_workers=number, threads_per_worker=1, processes=True, memory_limit=int(memory_mb * 2**20),
            host="127.0.0.1", dashboard_address="127.0.0.1:0",
        ))  # fmt: skip
        with cluster, connect(cluster, set_as_default=False) as client:
            yield OnDask(client)

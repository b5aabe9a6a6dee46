"""`python -m test.guests.dask_cluster`: sends the SDK to the processes of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dask.distributed import Client, LocalCluster

from test.processes.process_pool import report


def main() -> None:
    """Print the same lines as for a pool of processes."""
    cluster = LocalCluster(n_workers=2, host="127.0.0.1", dashboard_address=None)  # type: ignore[no-untyped-call]
    with cluster, Client(cluster) as dask:  # type: ignore[no-untyped-call]

        def run(function: Callable[[Any], Any], arguments: Iterable[Any]) -> Any:
            return dask.gather(dask.map(function, list(arguments), pure=False))

        report(run)


if __name__ == "__main__":
    main()

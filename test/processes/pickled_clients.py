"""`python -m test.processes.pickled_clients HOST METHOD`: sends a client to processes started by this method."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from test.processes.calls import client_of
from test.processes.work import call_with


def main(host: str, method: str) -> None:
    """Print the results of a client without its credentials, and of one that may keep them."""
    client = client_of(host)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        print(pool.submit(call_with, client, [1]).result())
        client.configuration.pickle_credentials = True
        print(*pool.map(call_with, [client] * 4, [[*range(first, first + 10)] for first in range(100, 500, 100)]))
        pool.shutdown()
    client.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

"""Many threads, one client, a bad network and a real server."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from elements_sdk import ApiClient, ApiException, AuthApi
from elements_sdk.sandbox import Sandbox
from test.faults.proxy import FaultProxy, Faults
from test.processes.watching import in_threads, nothing_left

ONE_CALL_IN_TWENTY = Faults(reset_rate=0.05, reset_within=1024)  # a call takes about as many bytes


class Storm:
    """Calls of many threads: one of ten sends an e-mail, which is not safe to retry, the others read a token.

    :ivar calls: how many were made.
    :ivar failed: how many of them failed, as an `ApiException`; anything else ends the storm.
    :ivar wrong: the tokens that were answered with another.
    :ivar faults: how many connections the network has broken.
    """

    def __init__(self, sandbox: Sandbox, threads: int, calls: int) -> None:
        self.calls, self.failed, self.wrong = threads * calls, 0, list[int]()
        self._calls = calls
        self._sandbox = sandbox
        address = urlsplit(sandbox.host)
        with FaultProxy(f"{address.hostname}", int(f"{address.port}")) as proxy, nothing_left():
            configuration = sandbox.configuration(sandbox.admin)
            configuration.host, configuration.connection_pool_maxsize = proxy.host, max(1, threads // 2)
            with ApiClient(configuration) as client:
                self._auth = AuthApi(client)
                self._numbers = [token.id for token in self._auth.get_all_access_tokens()]
                proxy.faults = ONE_CALL_IN_TWENTY
                in_threads(self._work, threads)
            self.faults = proxy.faults_made

    def sent_twice(self) -> list[str]:
        """Return the addresses of e-mails that went out more than once."""
        sent = Counter(email.to[0] for email in self._sandbox.outbox)
        return [address for address, count in sent.items() if count > 1 and address.startswith("storm-")]

    def _work(self, thread: int) -> None:
        for turn in range(self._calls):
            number = self._numbers[(thread + turn * 7) % len(self._numbers)]
            try:
                if turn % 10 == 9:
                    own = f"storm-{thread}-{turn}@example.com"
                    self._auth.send_access_token_email_notification(number, {"email": own})
                elif self._auth.get_access_token(number).id != number:
                    self.wrong.append(number)
            except ApiException:
                self.failed += 1

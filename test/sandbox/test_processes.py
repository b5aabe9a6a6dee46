"""Sessions and clients in threads and processes, on a real server."""

from __future__ import annotations

from elements_sdk import Session
from elements_sdk.sandbox import Sandbox
from test.processes.storm import Storm
from test.processes.watching import Child


def test_threads_get_their_own_answers_through_a_bad_network(sandbox: Sandbox) -> None:
    storm = Storm(sandbox, threads=8, calls=40)
    assert (storm.wrong, storm.sent_twice()) == ([], [])
    assert storm.faults > 0
    assert storm.failed <= storm.faults


def test_session_in_a_child(sandbox: Sandbox) -> None:
    configuration = sandbox.configuration()
    with Session(configuration, sandbox.admin.username, sandbox.admin.password) as session:
        numbers = [token.id for token in session.auth.get_all_access_tokens(limit=20)]

        def work() -> list[int]:
            session.login_again()
            with session.impersonate(sandbox.user.id) as user:
                assert user.username == sandbox.user.username
            return [session.auth.get_access_token(number).id for number in numbers]

        children = [Child(work) for _ in range(2)]
        assert [session.auth.get_access_token(number).id for number in numbers] == numbers
        assert [child.result() for child in children] == [numbers, numbers]
        sandbox.end_sessions()
        assert session.auth.check_auth_ticket(session.auth.create_auth_ticket()).username == sandbox.admin.username

"""A user's mistakes: each line marked `error` must be refused by mypy and by pyright. It is checked, never run."""

import elements_sdk
from elements_sdk import Configuration, Ticket
from elements_sdk.aio import ApiClient, AuthApi, Session, map_calls


async def forget_await(auth: AuthApi) -> None:
    print(auth.create_auth_ticket().ticket)  # error
    ticket: Ticket = auth.create_auth_ticket()  # error
    await auth.check_auth_ticket(auth.create_auth_ticket())  # error
    for token in auth.get_all_access_tokens():  # error
        print(token)
    for token in auth.iter_access_tokens():  # error
        print(token)
    for outcome in map_calls(auth.delete_access_token, [1]):  # error
        print(outcome)
    with ApiClient() as client:  # error
        print(client)
    with Session(Configuration(), "name", "password") as session:  # error
        print(session)


async def mix_kinds(auth: AuthApi, blocking: elements_sdk.AuthApi) -> None:
    AuthApi(elements_sdk.ApiClient())  # error
    elements_sdk.AuthApi(ApiClient())  # error
    map_calls(blocking.delete_access_token, [1])  # error
    await blocking.create_auth_ticket()  # error


async def mistype(auth: AuthApi) -> None:
    await auth.create_auth_ticket(_request_timeuot=3)  # error
    await auth.create_auth_ticket(async_req=True)  # error
    await auth.get_access_token()  # error
    await auth.login({"usernam": "a", "password": "b"})  # error
    auth.iter_access_tokens(page_size="7")  # error
    number: int = await anext(auth.iter_access_tokens())  # error
    map_calls(auth.get_access_token, ["1"])  # error
    print((await auth.get_access_token(1)).expire)  # error


async def send(client: ApiClient) -> None:
    ticket: Ticket = client.send("GET", "/api/2/x", returns=Ticket)  # error
    tickets: list[Ticket] = await client.send("GET", "/api/2/x", returns=Ticket)  # error
    print(ticket, tickets)

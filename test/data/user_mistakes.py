"""A user's mistakes: each line marked `error` must be refused by mypy and by pyright. It is checked, never run."""

from elements_sdk import ApiClient, AuthApi, Configuration, Ticket
from elements_sdk import Tikcet  # error
from elements_sdk.bulk import map_calls

auth = AuthApi()
token = auth.get_access_token(1)

Ticket()  # error
Ticket(ticket=3)  # error
Ticket("positional")  # error
auth.get_access_token()  # error
auth.login(datas=1)  # error
auth.login({"usernam": "a", "password": "b"})  # error
auth.login({"username": "a"})  # error
auth.create_auth_ticket(_request_timeuot=3)  # error
auth.create_auth_ticket(_request_timeout="3")  # error
auth.get_all_access_tokens(orderin="id")  # error
print(token.expire)  # error
token.url = 3  # error
ticket: str = auth.create_auth_ticket()  # error
configuration = Configuration()
configuration.verify_sll = False  # error
print(configuration.tiemout)  # error
auth.iter_access_tokens(page_size="7")  # error
auth.iter_access_tokens(limit=7)  # error
number: int = next(auth.iter_access_tokens())  # error
map_calls(len, [3])  # error
map_calls(auth.delete_access_token)  # error
Configuration(timout=5)  # error
Configuration(timeout="5")  # error
Ticket.from_dict("ticket")  # error
ticket_json: bytes = Ticket(ticket="t").to_json()  # error
token.note = "mine"  # error
client = ApiClient()
client.send("GET", "/api/2/x", retruns=Ticket)  # error
ticket_sent: Ticket = client.send("GET", "/api/2/x", returns=list[Ticket])  # error
client.iterate("/api/2/x", ordering="id")  # error

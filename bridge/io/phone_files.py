"""The files of phones by HTTP: `/phones/<mac>.cfg` and those that it names.

What can be had is what was made before: a request chooses one of these by its name, and reads no
folder. Passwords are in them, so that only trusted networks are answered.
"""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bridge.effects import PhoneFileAnswered
from bridge.phones.files import CONTENT_TYPE, file_name

Network = IPv4Network | IPv6Network


class Served(NamedTuple):
    """The files by their names, and who may have them."""

    files: Mapping[str, bytes]
    networks: Sequence[Network]


def phone_files_route(
    folder: str,
    served: Callable[[], Served],
    observe: Callable[[PhoneFileAnswered], None],
) -> Route:
    """The route below `folder` (`/phones/`). `served` and `observe` are called in the server's thread."""

    async def answer(request: Request) -> Response:
        asked: str = request.path_params["name"]
        source = request.client.host if request.client is not None else ""
        response = _answer(asked, source)
        agent = request.headers.get("user-agent", "")
        observe(PhoneFileAnswered(asked, source, agent, response.status_code))
        return response

    def _answer(asked: str, source: str) -> Response:
        files, networks = served()
        if not is_within(source, networks):
            return PlainTextResponse("not from this network\n", 403)
        content = files.get(file_name(asked) or "")
        if content is None:
            return PlainTextResponse("no such file\n", 404)
        return Response(content, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return Route(f"{folder}{{name}}", answer)


def is_within(host: str, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of these. Sockets for IPv6 take no IPv4: no address is another in disguise."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address.version == network.version and address in network for network in networks)

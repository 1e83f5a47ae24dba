"""A subscriber made with aiosip 0.2.0, run as a program of its own: SERVER_PORT OWN_PORT EXTENSION.

Prints what it saw as JSON. aiosip is from 2018; the two names that Python has dropped since are put
back before it is imported.
"""

import asyncio
import collections
import collections.abc
import json
import sys
import types


async def subscribe(server: int, own: int, extension: str) -> dict[str, object]:
    collections.MutableMapping = collections.abc.MutableMapping
    asyncio.coroutine = types.coroutine
    import aiosip
    from multidict import CIMultiDict

    notified: asyncio.Future = asyncio.get_running_loop().create_future()
    application = aiosip.Application(loop=asyncio.get_running_loop())
    dialog = await application.start_dialog(
        from_uri=f"sip:alice@127.0.0.1:{own}",
        to_uri=f"sip:{extension}@127.0.0.1:{server}",
        contact_uri=f"sip:alice@127.0.0.1:{own}",
        local_addr=("127.0.0.1", own),
        remote_addr=("127.0.0.1", server),
        password="wonderland",
    )

    async def on_notify(_dialog, message):
        if not notified.done():
            notified.set_result(message)

    def send_message(method, *, headers, **others):
        # Its answer to a challenge would go out with the branch of the request that was challenged,
        # and be taken for a repetition of that (RFC 3261 section 17.2.3).
        headers.pop("Via", None)
        return send(method, headers=headers, **others)

    send, dialog.send_message = dialog.send_message, send_message
    dialog.register_callback("NOTIFY", on_notify)
    headers = CIMultiDict(Event="presence", Accept="application/pidf+xml", Expires="60")
    response = await asyncio.wait_for(dialog.send_message("SUBSCRIBE", headers=headers), 5)
    notify = await asyncio.wait_for(notified, 5)
    return {
        "status": response.status_code,
        "expires": response.headers["Expires"],
        "state": notify.headers["Subscription-State"],
        "type": notify.headers["Content-Type"],
        "body": notify.payload,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(subscribe(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))))

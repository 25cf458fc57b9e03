"""Telethon starts on a server: start.py COMMAND ADDRESS, in the folder of the server."""

import asyncio

import telethon
from telethon import functions

from logins import TRANSPORTS, issued, log_in

NUMBER = "9996610042"


async def use(client):
    """What an application does when it starts; gives the user."""
    user = await client.get_me()
    assert await client.get_dialogs() == []
    full = await client(functions.users.GetFullUserRequest("me"))
    assert full.full_user.id == user.id
    await client.catch_up()
    return user


async def main():
    for name, transport in TRANSPORTS.items():
        client = await log_in(NUMBER, "Ada", transport)
        await use(client)
        await client.log_out()
        print(f"Telethon {telethon.__version__}, {name}: in by a code, started, out")
    client = await issued("telethon")
    assert (await use(client)).id == 1
    await client.disconnect()
    print(f"Telethon {telethon.__version__}, session string: started")


asyncio.run(main())

"""Telethon and kurigram start on a server, in whose folder this runs: start.py ADDRESS."""

import asyncio
import sys

import pyrogram
import telethon
from telethon import TelegramClient, connection, functions
from telethon.crypto import rsa
from telethon.sessions import MemorySession, StringSession

HOST, PORT = sys.argv[1].rsplit(":", 1)
NUMBER = "9996610042"
APPLICATION = (1, "0" * 32)
TRANSPORTS = {
    "full": connection.ConnectionTcpFull,
    "abridged": connection.ConnectionTcpAbridged,
    "intermediate": connection.ConnectionTcpIntermediate,
    "abridged, obfuscated": connection.ConnectionTcpObfuscated,
}


def code():
    """The code for the number, of which there is one at a time."""
    with open("codes") as codes:
        return dict(line.split() for line in codes)[NUMBER]


async def use(client):
    """What an application does when it starts; gives the user."""
    user = await client.get_me()
    assert await client.get_dialogs() == []
    full = await client(functions.users.GetFullUserRequest("me"))
    assert full.full_user.id == user.id
    await client.catch_up()
    created = await client(functions.phone.CreateConferenceCallRequest(random_id=user.id & 0xFFFF))
    call = next(one.call for one in created.updates if hasattr(one, "call"))
    found = await client(functions.phone.GetGroupCallRequest(call, limit=1))
    assert found.call.id == call.id and found.call.conference
    return user


async def log_in(name, transport):
    session = MemorySession()
    session.set_dc(1, HOST, int(PORT))
    client = TelegramClient(session, *APPLICATION, connection=transport)
    await client.connect()
    await client.send_code_request(NUMBER)
    await client.sign_in(NUMBER, code())
    user = await use(client)
    assert (user.id, user.first_name) == (int(NUMBER), "Ada")
    await client.log_out()
    print(f"Telethon {telethon.__version__}, {name}: in by a code, started, created a conference, out")


async def start_telethon():
    with open("telethon") as session:
        client = TelegramClient(StringSession(session.read()), *APPLICATION)
    await client.connect()
    assert (await use(client)).id == 1
    await client.disconnect()
    print(f"Telethon {telethon.__version__}, session string: started, created a conference")


async def start_pyrogram():
    with open("pyrogram") as session:
        client = pyrogram.Client("interop", session_string=session.read(), in_memory=True, test_mode=True)
    # The string has no address: the storage is told it before the client opens it.
    open_storage = client.storage.open

    async def open_there():
        await open_storage()
        await client.storage.server_address(HOST)
        await client.storage.port(int(PORT))

    client.storage.open = open_there
    await client.start()
    assert client.me.id == 2
    await client.stop()
    print(f"kurigram {pyrogram.__version__}, session string: started")


async def main():
    with open("server.pem", "rb") as key:
        rsa.add_key(key.read(), old=False)
    for name, transport in TRANSPORTS.items():
        await log_in(name, transport)
    await start_telethon()
    await start_pyrogram()


asyncio.run(main())

"""What the scripts know of the server in whose folder they run: its address, its key, its codes and the sessions that it issued."""

import logging
import sys

from telethon import TelegramClient, connection, functions, types
from telethon.crypto import rsa
from telethon.sessions import MemorySession, StringSession

COMMAND, ADDRESS = sys.argv[1:3]
HOST, PORT = ADDRESS.rsplit(":", 1)
# The users whose sessions the server issued: for `confcall join`, and for clients of Telethon.
OURS, OTHER = 11, 12
FIRST, SECOND = 21, 22
# The application: any will do.
APPLICATION = (1, "0" * 32)
TRANSPORTS = {
    "full": connection.ConnectionTcpFull,
    "abridged": connection.ConnectionTcpAbridged,
    "intermediate": connection.ConnectionTcpIntermediate,
    "abridged, obfuscated": connection.ConnectionTcpObfuscated,
}

# It warns of every error that a server makes on purpose.
logging.getLogger("telethon").setLevel(logging.ERROR)

with open("server.pem", "rb") as pem:
    rsa.add_key(pem.read(), old=False)


def code(number):
    """The code for a number, of which there is one at a time."""
    with open("codes") as codes:
        return dict(line.split() for line in codes)[number]


async def log_in(number, name, transport=connection.ConnectionTcpFull):
    """A client of Telethon that logs in by a code; a new number gets the name."""
    session = MemorySession()
    session.set_dc(1, HOST, int(PORT))
    client = TelegramClient(session, *APPLICATION, connection=transport)
    await client.connect()
    sent = await client(functions.auth.SendCodeRequest(number, *APPLICATION, types.CodeSettings()))
    found = await client(functions.auth.SignInRequest(number, sent.phone_code_hash, code(number)))
    if isinstance(found, types.auth.AuthorizationSignUpRequired):
        found = await client(functions.auth.SignUpRequest(number, sent.phone_code_hash, name, ""))
    user = await client.get_me()
    assert (user.id, user.first_name) == (int(number), name), user
    return client


async def issued(file):
    """A client of Telethon with a session that the server issued."""
    with open(file) as session:
        client = TelegramClient(StringSession(session.read()), *APPLICATION)
    await client.connect()
    return client

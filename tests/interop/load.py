"""Many clients of Telethon at once, and some that behave badly: load.py COMMAND ADDRESS PID, in the folder of a server of that process."""

import asyncio
import statistics
import sys
import time

import telethon
from telethon import functions, types

from engines import payload
from logins import log_in

CLIENTS = 300
FIRST_NUMBER = 9996611000
# The built-in video chat, which has a place for all of them.
VIDEO_CHAT = "walkers"
# Of each kind that behaves badly.
BAD = 20
STORM_SECONDS = 10
QUESTIONS = 100


def memory():
    """The resident memory of the server, in MiB."""
    with open(f"/proc/{sys.argv[3]}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


async def call_of(client):
    full = await client(functions.channels.GetFullChannelRequest(VIDEO_CHAT))
    return full.full_chat.call


async def join(client, call):
    request = functions.phone.JoinGroupCallRequest(
        call, types.InputPeerSelf(), types.DataJSON(payload()), muted=True, video_stopped=True
    )
    await client(request)


async def logins():
    """Every client logs in by a code, signs up, and joins the same call."""
    before, start = memory(), time.monotonic()

    # The server gives a key exchange ten seconds, and in Python each takes a good part of one.
    turns = asyncio.Semaphore(4)

    async def one(number):
        async with turns:
            client = await log_in(str(number), f"User {number}")
        logged_in.append(time.monotonic() - start)
        await join(client, await call_of(client))
        return client

    logged_in = []
    clients = await asyncio.gather(*(one(FIRST_NUMBER + number) for number in range(CLIENTS)))
    spent = time.monotonic() - start
    print(
        f"Telethon {telethon.__version__}: {CLIENTS} logged in by a code within {max(logged_in):.1f} s and joined a call,"
        f" {CLIENTS / spent:.1f} a second with the clients on the same cores;"
        f" the server holds {(memory() - before) * 1024 / CLIENTS:.0f} KiB more for each"
    )
    return clients


async def ask(client, call):
    """The median and the longest time to an answer, in milliseconds."""
    times = []
    for _ in range(QUESTIONS):
        start = time.monotonic()
        await client(functions.phone.GetGroupCallRequest(call, limit=1))
        times.append((time.monotonic() - start) * 1000)
        await asyncio.sleep(0.02)
    return statistics.median(times), max(times)


async def storm(client, end):
    while time.monotonic() < end:
        await client.disconnect()
        await client.connect()


async def bad_clients(clients):
    """Clients that never read, that never acknowledge, and that reconnect all the time: everyone else is answered all the same."""
    honest, *others = clients
    deaf, rude, restless = others[:BAD], others[BAD : 2 * BAD], others[2 * BAD : 3 * BAD]
    call = await call_of(honest)
    alone = await ask(honest, call)
    for client in deaf:
        client._sender._recv_loop_handle.cancel()
        for _ in range(200):
            client._sender.send(functions.phone.GetGroupCallRequest(call, limit=100))
    for client in rude:
        client._sender._pending_ack = Forgetful()
    end = time.monotonic() + STORM_SECONDS
    storms = [asyncio.create_task(storm(client, end)) for client in restless]
    among = await ask(honest, call)
    await asyncio.gather(*storms)
    for client in (*rude, *restless):
        await client(functions.phone.GetGroupCallRequest(call, limit=1))
    print(
        f"Telethon {telethon.__version__}: an answer after {alone[0]:.1f} ms (at most {alone[1]:.0f}), and after {among[0]:.1f} ms"
        f" (at most {among[1]:.0f}) among {BAD} that never read, {BAD} that never acknowledge and {BAD} that reconnect all the time"
    )


class Forgetful(set):
    """What is to be acknowledged, and never is."""

    def add(self, _):
        pass


async def main():
    clients = await logins()
    await bad_clients(clients)
    for client in clients:
        await client.disconnect()


asyncio.run(main())

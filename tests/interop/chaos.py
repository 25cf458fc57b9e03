"""Telethon and `confcall join` in a call of five for a minute, on a server that loses, delays and refuses: chaos.py COMMAND ADDRESS.

Those of Telethon leave and come back all the time; in the end all are in, and show the same emoji.
"""

import asyncio
import random

import telethon

from engines import OurEngine, Peer
from logins import COMMAND, FIRST, SECOND, issued
from members import Member, by_link, our_member, same_emoji

MINUTE = 60
SEED = 5
# The exit status of `confcall join` when the network failed.
NETWORK = 6


async def come_and_go(client, engine, call, dice, end):
    """A member who is in the call in the end."""
    while True:
        member = Member(client, engine())
        await member.join(call)
        stay = dice.uniform(3, 12)
        if asyncio.get_running_loop().time() + stay > end:
            return member
        await asyncio.sleep(stay)
        await member.leave()


async def main():
    peer, dice = await Peer.start(COMMAND), random.Random(SEED)
    ours = await our_member("create", "ours.session")
    link = (await ours.wait("link"))["link"]
    call = by_link(link)
    other = await our_member("join", "other.session", link)
    users = {"telethon": 1, "first": FIRST, "second": SECOND}
    clients = [await issued(file) for file in users]
    end = asyncio.get_running_loop().time() + MINUTE
    lives = [
        come_and_go(client, lambda user=user: OurEngine(peer, user), call, random.Random(dice.random()), end)
        for client, user in zip(clients, users.values())
    ]
    members = await asyncio.gather(*lives)
    await same_emoji(ours, other, *members)
    shown = len([one for one in ours.events if one["event"] == "epoch_started"])
    for member in members:
        await member.leave()
    for process in (other, ours):
        # It says so if every attempt to leave is lost.
        assert await process.leave() in (0, NETWORK)
    for client in clients:
        await client.disconnect()
    await peer.stop()
    print(f"Telethon {telethon.__version__}, chaos: five in a call for a minute and {shown} epochs, the same emoji in the end")


asyncio.run(main())

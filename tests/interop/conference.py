"""Telethon and ntgcalls in conferences with `confcall join`: conference.py COMMAND ADDRESS, in the folder of a server."""

import asyncio
from importlib.metadata import version

import telethon
from telethon import functions, types

from engines import Ntgcalls, OurEngine, Peer, end
from logins import COMMAND, FIRST, OTHER, OURS, SECOND, TRANSPORTS, issued, log_in
from members import Member, by_link, our_member, same_emoji, until

NUMBER = "9996610042"
ADA = int(NUMBER)
# What stands before the last byte of a frame of sound, which has its level.
VOICED = 1


async def telethon_with_us(peer, name, transport):
    """A call that Telethon creates: link, emoji, messages, roster, a removal, one who left and is removed for it."""
    client = await log_in(NUMBER, "Ada", transport)
    ada = Member(client, OurEngine(peer, ADA))
    await ada.create()
    ours = await our_member("join", "ours.session", ada.link)
    await same_emoji(ada, ours)

    ours.type("good morning")
    assert await ada.heard() == (OURS, "good morning")
    await ada.say("and to you")
    message = await ours.wait("message")
    assert (message["from"]["id"], message["text"]) == (NUMBER, "and to you"), message
    await until(lambda: OURS in ada.roster, "the roster has not the other one")
    await ours.wait("roster", lambda one: NUMBER in str(one))

    # A frame of media each way, sealed as it would be on the wire.
    ours.type("/seal a frame")
    packet = bytes.fromhex((await ours.wait("sealed"))["packet"])
    opened = await ada.engine.open(OURS, packet)
    assert opened[:-2] == b"a frame" and opened[-2] == VOICED, opened
    sealed = await ada.engine.seal(b"another" + bytes([VOICED, 0]))
    ours.type(f"/open {ADA} {sealed.hex()}")
    assert bytes.fromhex((await ours.wait("opened"))["frame"]) == b"another"

    other = await our_member("join", "other.session", ada.link)
    await same_emoji(ada, ours, other)
    await ada.remove(OTHER)
    assert await other.end() == 3
    await same_emoji(ada, ours)

    # The last of the others leaves, and a block of ours removes it.
    before = len(ours.events)
    await ada.leave()
    await ours.wait("members", lambda one: NUMBER not in str(one["members"]), before)
    assert await ours.leave() == 0
    await client.log_out()
    print(f"Telethon {telethon.__version__}, {name}: created, the same emoji, messages and frames, kicked, left and was removed")


async def invited(peer):
    """A call of ours, which Telethon enters by the link and by an invitation, and to which another invitation is declined."""
    ours = await our_member("create", "ours.session")
    link = (await ours.wait("link"))["link"]
    clients = [await issued(file) for file in ("telethon", "first", "second")]
    linked, asked, declining = [Member(client, OurEngine(peer, (await client.get_me()).id)) for client in clients]
    await linked.join(by_link(link))
    await same_emoji(ours, linked)

    ours.type(f"/invite {FIRST}")
    message = (await until(lambda: asked.invitations, "no invitation came"))[-1]
    await asked.join(types.InputGroupCallInviteMessage(message.id))
    await same_emoji(ours, linked, asked)

    ours.type(f"/invite {SECOND}")
    message = (await until(lambda: declining.invitations, "no invitation came"))[-1]
    await clients[2](functions.phone.DeclineConferenceCallInviteRequest(message.id))
    await ours.wait("invitation", lambda one: one["change"] == "missed" and one["to"] == str(SECOND))

    # Who leaves is removed by a block of one who stays.
    assert await ours.leave() == 0
    await until(lambda: OURS not in linked.roster, "who left is in the roster")
    await linked.remove(OURS, left=True)
    members = [one["user_id"] for one in linked.engine.group_state["participants"]]
    assert members == [1, FIRST], members
    await same_emoji(linked, asked)
    for member in (asked, linked):
        await member.leave()
    for client in clients:
        await client.disconnect()
    print(f"Telethon {telethon.__version__}: in by a link and by an invitation, declined another, removed one who left")


async def ntgcalls_with_us():
    """Two users of ntgcalls and two of ours in a call that we create; then one that ntgcalls creates."""
    ours = await our_member("create", "ours.session")
    link = (await ours.wait("link"))["link"]
    clients = [await issued(file) for file in ("first", "second")]
    first, second = [Member(client, Ntgcalls(user)) for client, user in zip(clients, (FIRST, SECOND))]
    for member in (first, second):
        await member.join(by_link(link))
    other = await our_member("join", "other.session", link)
    await same_emoji(ours, first, second, other)
    before = len(ours.events)
    ours.type(f"/kick {SECOND}")
    await ours.wait("members", lambda one: str(SECOND) not in str(one["members"]), before)
    await second.gone()
    await same_emoji(ours, first, other)
    await first.leave()
    for process in (other, ours):
        assert await process.leave() == 0

    first = Member(clients[0], Ntgcalls(FIRST))
    await first.create()
    ours = await our_member("join", "ours.session", first.link)
    await same_emoji(first, ours)
    second = Member(clients[1], Ntgcalls(SECOND))
    await second.join(by_link(first.link))
    await same_emoji(first, ours, second)
    before = len(ours.events)
    await first.leave()
    await ours.wait("members", lambda one: str(FIRST) not in str(one["members"]), before)
    await same_emoji(ours, second)
    await second.leave()
    assert await ours.leave() == 0
    for client in clients:
        await client.disconnect()
    print(f"ntgcalls {version('ntgcalls')}: two of it and two of ours, in our call and in its own, the same emoji, kicked, left")


async def main():
    peer = await Peer.start(COMMAND)
    for name, transport in TRANSPORTS.items():
        await telethon_with_us(peer, name, transport)
    await invited(peer)
    await ntgcalls_with_us()
    await peer.stop()


asyncio.run(main())
end()

"""kurigram starts with a session string and creates a conference that `confcall join` enters: kurigram.py COMMAND ADDRESS."""

import asyncio
import contextlib

import pyrogram
from pyrogram.errors import RPCError
from pyrogram.raw import functions, types

from engines import BLOCKS, BROADCASTS, OurEngine, Peer
from logins import COMMAND, HOST, PORT
from members import PATIENCE, our_member


async def start():
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
    return client


async def follow(client, call, engine):
    """Reads both subchains and sends what the engine wants sent."""
    seen = {BLOCKS: 0, BROADCASTS: 0}
    while True:
        for subchain, offset in seen.items():
            request = functions.phone.GetGroupCallChainBlocks(call=call, sub_chain_id=subchain, offset=offset, limit=100)
            for update in (await client.invoke(request)).updates:
                if isinstance(update, types.UpdateGroupCallChainBlocks) and update.blocks:
                    seen[subchain] = update.next_offset
                    await engine.apply(subchain, update.next_offset, update.blocks, True)
        for item in await engine.outbound():
            # A block that came in between makes one of these too late.
            with contextlib.suppress(RPCError):
                await client.invoke(functions.phone.SendConferenceCallBroadcast(call=call, block=item))
        await asyncio.sleep(0.1)


async def main():
    peer, client = await Peer.start(COMMAND), await start()
    engine = OurEngine(peer, client.me.id)
    key, block, payload = await engine.enter(None)
    created = await client.invoke(
        functions.phone.CreateConferenceCall(
            random_id=client.rnd_id() & 0x7FFFFFFF,
            muted=True,
            video_stopped=True,
            join=True,
            public_key=int.from_bytes(key, "little", signed=True),
            block=block,
            params=types.DataJSON(data=payload),
        )
    )
    call = next(one.call for one in created.updates if isinstance(one, types.UpdateGroupCall))
    reference = types.InputGroupCall(id=call.id, access_hash=call.access_hash)
    following = asyncio.create_task(follow(client, reference, engine))
    ours = await our_member("join", "ours.session", call.invite_link)
    async with asyncio.timeout(PATIENCE):
        while not (shown := ours.last("emoji")) or engine.emoji != shown["emoji"]:
            await asyncio.sleep(0.1)
    following.cancel()
    await client.invoke(functions.phone.LeaveGroupCall(call=reference, source=0))
    assert await ours.leave() == 0
    await client.stop()
    await peer.stop()
    print(f"kurigram {pyrogram.__version__}, session string: started, created a conference, the same emoji")


asyncio.run(main())

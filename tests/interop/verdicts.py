"""Join blocks that are wrong in one way or another, judged by ntgcalls and by our engine: verdicts.py COMMAND."""

import asyncio
import collections
import copy
import random
import sys
from importlib.metadata import version

from engines import BLOCKS, Ntgcalls, OurEngine, Peer, end

BLOCKS_JUDGED = 500
AT_ONCE = 50
SEED = 17
FIRST, SECOND, THIRD = 1, 2, 3
# The kinds of which ntgcalls is wrong: it takes a value with a key that is none of the trie, at which the reference ends.
TAKEN_BY_NTGCALLS = {"value_of_short_key"}
# For so many seconds ntgcalls is to say nothing of a block that we refuse. What it takes it commits to within a millisecond.
SILENCE = 0.3
# It has longer for what we take, on whatever machine.
PATIENCE = 20


def flip(text, dice):
    """Another bit string of the same length, in hexadecimal."""
    place = dice.randrange(len(text))
    other = dice.choice([digit for digit in "0123456789abcdef" if digit != text[place]])
    return text[:place] + other + text[place + 1 :]


def participants(fields):
    return fields["changes"][0]["group_state"]["participants"]


def shared_key(fields):
    return fields["changes"][1]["shared_key"]


class Mutations:
    """What can be wrong with a block, by name: each changes its fields with the help of dice."""

    def height(fields, dice):
        fields["height"] += dice.choice([-1, 1, 2, 1 << 20])

    def parent(fields, dice):
        fields["prev_block_hash"] = flip(fields["prev_block_hash"], dice)

    def trie(fields, dice):
        fields["kv_hash"] = flip(fields["kv_hash"], dice)

    def signer(fields, dice):
        fields["signature_public_key"] = participants(fields)[dice.randrange(2)]["public_key"]

    def no_signer(fields, dice):
        fields.pop("signature_public_key", None)

    def no_change(fields, dice):
        fields["changes"].pop(dice.randrange(len(fields["changes"])))

    def changes_twice(fields, dice):
        fields["changes"].append(copy.deepcopy(dice.choice(fields["changes"])))

    def changes_reversed(fields, dice):
        fields["changes"].reverse()

    def noop(fields, dice):
        fields["changes"].insert(dice.randrange(3), {"type": "noop", "nonce": dice.randbytes(32).hex()})

    def value(fields, dice):
        change = {"type": "set_value", "key": dice.randbytes(32).hex(), "value": dice.randbytes(4).hex()}
        fields["changes"].insert(dice.randrange(3), change)

    def value_of_short_key(fields, dice):
        change = {"type": "set_value", "key": dice.randbytes(4).hex(), "value": dice.randbytes(4).hex()}
        fields["changes"].append(change)

    def proof_group(fields, dice):
        fields["proof_group_state"] = copy.deepcopy(fields["changes"][0]["group_state"])

    def proof_key(fields, dice):
        fields["proof_shared_key"] = copy.deepcopy(shared_key(fields))

    def user(fields, dice):
        dice.choice(participants(fields))["user_id"] = dice.choice([0, -1, FIRST, SECOND, THIRD, 99, 1 << 62])

    def key(fields, dice):
        # Of the third: to whom it belongs, another one is the end of a membership, and to the others it is not.
        one = participants(fields)[2]
        one["public_key"] = flip(one["public_key"], dice)

    def same_key(fields, dice):
        one, other = dice.sample(participants(fields), 2)
        one["public_key"] = other["public_key"]

    def flags(fields, dice):
        dice.choice(participants(fields))["flags"] = dice.choice([0, 1, 2, 4, 7, 8, 1 << 30])

    def participant_version(fields, dice):
        dice.choice(participants(fields))["version"] = dice.choice([-1, 1, 2, 1 << 30])

    def fewer(fields, dice):
        participants(fields).pop(dice.randrange(len(participants(fields))))

    def twice(fields, dice):
        participants(fields).append(copy.deepcopy(dice.choice(participants(fields))))

    def order(fields, dice):
        dice.shuffle(participants(fields))

    def nobody(fields, dice):
        participants(fields).clear()

    def permissions(fields, dice):
        state = fields["changes"][0]["group_state"]
        state["external_permissions"] = dice.choice([0, 1, 2, 7, 8, 1 << 30])

    def ephemeral(fields, dice):
        shared_key(fields)["ek"] = flip(shared_key(fields)["ek"], dice)

    def encrypted(fields, dice):
        shared_key(fields)["encrypted_shared_key"] = flip(shared_key(fields)["encrypted_shared_key"], dice)

    def encrypted_length(fields, dice):
        whole = shared_key(fields)["encrypted_shared_key"]
        shared_key(fields)["encrypted_shared_key"] = dice.choice([whole[:-2], whole + "00", "", whole[:64]])

    def recipients(fields, dice):
        shared_key(fields)["dest_user_id"][dice.randrange(3)] = dice.choice([FIRST, SECOND, THIRD, 99])

    def fewer_recipients(fields, dice):
        shared_key(fields)["dest_user_id"].pop()

    def fewer_headers(fields, dice):
        shared_key(fields)["dest_header"].pop()

    def neither(fields, dice):
        place = dice.randrange(3)
        shared_key(fields)["dest_header"].pop(place)
        shared_key(fields)["dest_user_id"].pop(place)

    def header_of_third(fields, dice):
        headers, place = shared_key(fields)["dest_header"], shared_key(fields)["dest_user_id"].index(THIRD)
        headers[place] = flip(headers[place], dice)

    def headers(fields, dice):
        found = shared_key(fields)
        found["dest_header"] = [flip(header, dice) for header in found["dest_header"]]

    def signature(fields, dice):
        """Changed once it is there."""

    def nothing(fields, dice):
        pass


MUTATIONS = {name: change for name, change in vars(Mutations).items() if not name.startswith("_")}


async def block_of_another(peer, tip, dice, mutation):
    """The block by which a third user would enter, with a mutation, and signed again."""
    third = OurEngine(peer, THIRD)
    _, block, _ = await third.enter(tip)
    fields = (await peer.ask("block_parse", block=block.hex()))["block"]
    mutation(fields, dice)
    signed = (await peer.ask("block_make", fields=fields, seed=third.seed))["block"]
    if mutation is Mutations.signature:
        fields = (await peer.ask("block_parse", block=signed))["block"]
        fields["signature"] = flip(fields["signature"], dice)
        signed = (await peer.ask("block_make", fields=fields))["block"]
    return bytes.fromhex(signed)


async def on_server(peer, block):
    return bytes.fromhex((await peer.ask("to_server", block=block.hex()))["block"])


async def commits(engine, count, patience):
    """Whether an engine of ntgcalls sends so many commitments in time: one to each block that it takes."""
    try:
        async with asyncio.timeout(patience):
            while len(engine.waiting) < count:
                await engine.changed.wait()
                engine.changed.clear()
    except TimeoutError:
        return False
    return True


async def judge(peer, dice, mutation, roles):
    """Two members come to the same height, and then each judges the block of a third; gives both verdicts."""
    theirs, ours = Ntgcalls(roles[0]), OurEngine(peer, roles[1])
    one, other = (theirs, ours) if roles[0] == FIRST else (ours, theirs)
    _, block, _ = await one.enter(None)
    start = await on_server(peer, block)
    await one.apply(BLOCKS, 1, [start], True)
    _, block, _ = await other.enter(start)
    joined = await on_server(peer, block)
    await one.apply(BLOCKS, 2, [joined], True)
    await other.apply(BLOCKS, 2, [joined], True)
    assert await commits(theirs, 2 if theirs is one else 1, PATIENCE), "ntgcalls is not in"
    theirs.waiting.clear()

    block = await on_server(peer, await block_of_another(peer, joined, dice, mutation))
    answer = await peer.answer("call_apply", call=ours.call, block=block.hex())
    await theirs.apply(BLOCKS, 3, [block], True)
    taken = "ok" in answer
    verdicts = taken, await commits(theirs, 1, PATIENCE if taken else SILENCE)
    await ours.close()
    await theirs.close()
    return verdicts, answer, block


async def main():
    peer, dice = await Peer.start(sys.argv[1]), random.Random(SEED)
    cases = []
    for number in range(BLOCKS_JUDGED):
        name = dice.choice(list(MUTATIONS))
        roles = (FIRST, SECOND) if number % 2 else (SECOND, FIRST)
        cases.append((name, roles, random.Random(dice.randbytes(8))))
    judged = collections.Counter()
    for start in range(0, len(cases), AT_ONCE):
        some = cases[start : start + AT_ONCE]
        for (name, roles, _), (verdicts, answer, block) in zip(
            some, await asyncio.gather(*(judge(peer, dice, MUTATIONS[name], roles) for name, roles, dice in some))
        ):
            ours, theirs = verdicts
            if name in TAKEN_BY_NTGCALLS:
                assert theirs and not ours, f"{name}: {answer}, ntgcalls {theirs}: {block.hex()}"
                judged["apart"] += 1
                continue
            assert ours == theirs, f"{name}, ntgcalls is member {roles[0]}: {answer}, ntgcalls {theirs}: {block.hex()}"
            judged[ours] += 1
    await peer.stop()
    name, taken, refused = f"ntgcalls {version('ntgcalls')}", judged[True], judged[False]
    print(f"{name}: the same verdict on {taken + refused} join blocks, {taken} taken and {refused} refused")
    print(f"{name} takes values with keys that are not of 32 bytes, which we refuse: {judged['apart']} blocks more")


asyncio.run(main())
end()

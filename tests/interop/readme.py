"""What the README of the command has a newcomer run is in a call with `confcall join`: readme.py COMMAND ADDRESS."""

import asyncio
import pathlib
import sys

import telethon

from members import our_member

README = pathlib.Path(__file__).parents[2] / "crates/cli/README.md"


async def main():
    text = README.read_text()
    start = text.index("```python\n") + len("```python\n")
    pathlib.Path("newcomer.py").write_text(text[start : text.index("```", start)])
    # The session of user 1.
    pathlib.Path("telethon").rename("alice.txt")
    ours = await our_member("join", "ours.session", "@walkers")
    await ours.wait("joined")
    newcomer = await asyncio.create_subprocess_exec(sys.executable, "newcomer.py")
    message = await ours.wait("message")
    assert (message["from"]["id"], message["text"]) == ("1", "hello from Telethon"), message
    assert await newcomer.wait() == 0
    assert await ours.leave() == 0
    pathlib.Path("alice.txt").rename("telethon")
    print(f"Telethon {telethon.__version__}, by the README: in a video chat with us, said hello")


asyncio.run(main())

// What the scripts in Node share: the server in whose folder they run, processes of ours, and a member's engine in one.
import assert from "node:assert";
import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const [command, address] = process.argv.slice(2);
const PATIENCE = 60_000;
export const [host, port] = address.split(":").map((part, at) => (at ? Number(part) : part));
// The user of `confcall join`.
export const OURS = 11;
export const hex = (data) => Buffer.from(data).toString("hex");
export const versions = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")).dependencies;
// Without the lines for other clients that stand below the key.
export const [serverKey] = readFileSync("server.pem", "utf8").match(/-----BEGIN[^]*?-----END RSA PUBLIC KEY-----/);

export async function until(condition, what) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const found = await condition();
    if (found) return found;
    await pause(50);
  }
  assert.fail(what);
}

// The code for a number, of which there is one at a time.
export function code(number) {
  return readFileSync("codes", "utf8").split("\n").find((line) => line.startsWith(number)).split(" ")[1];
}

// A process of ours that writes a JSON object a line.
function start(...parts) {
  const child = spawn(command, parts, { stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return { lines: createInterface(child.stdout), type: (line) => child.stdin.write(`${line}\n`), ended };
}

const peer = start("peer");
const answers = peer.lines[Symbol.asyncIterator]();
async function answer(op, parts) {
  peer.type(JSON.stringify({ op, ...parts }));
  return JSON.parse((await answers.next()).value);
}
export async function ask(op, parts) {
  const { ok, error } = await answer(op, parts);
  assert.ok(ok, `${op}: ${JSON.stringify(error)}`);
  return ok;
}

export function payload() {
  const fingerprint = Array(32).fill("AB").join(":");
  return JSON.stringify({
    ufrag: randomBytes(4).toString("hex"),
    pwd: randomBytes(16).toString("hex"),
    fingerprints: [{ hash: "sha-256", setup: "passive", fingerprint }],
    ssrc: randomInt(1, 2 ** 31),
    "ssrc-groups": [],
  });
}

// `confcall join` in a call, and what it writes.
export function join(link) {
  const ours = start("join", link, "--session", "ours.session", "--json");
  const events = [];
  ours.lines.on("line", (line) => events.push(JSON.parse(line)));
  return { last: (event) => events.findLast((one) => one.event === event), ended: ours.ended };
}

// The creator of a conference, whose client reads a subchain from an offset (its blocks and the next offset) and sends a broadcast.
export class Creator {
  #user;
  #seed = randomBytes(32).toString("hex");
  #next = [0, 0];
  #state;

  constructor(user) {
    this.#user = user;
  }

  // Its public key and the first block.
  async begin() {
    const { public_key } = await ask("key", { seed: this.#seed });
    const own = { user_id: this.#user, public_key, flags: 3, version: 0 };
    const first = await ask("zero_block", { seed: this.#seed, group_state: { participants: [own], external_permissions: 3 } });
    return { key: Buffer.from(public_key, "hex"), block: Buffer.from(first.block, "hex") };
  }

  async sameEmoji(ours, read, send) {
    await until(async () => {
      const emoji = await this.#follow(read, send);
      return emoji && ours.last("emoji")?.emoji.join() === emoji;
    }, "not the same emoji");
  }

  // A packet with a message.
  async message(text) {
    const message = { _: "textWithEntities", text, entities: [] };
    const data = JSON.stringify({ _: "groupCallMessage", random_id: String(randomInt(1, 2 ** 40)), message });
    const { packet } = await ask("call_encrypt", { call: "c", channel_id: 0, data: hex(Buffer.from(data)), prefix: 0 });
    return Buffer.from(packet, "hex");
  }

  // The block that removes a user.
  async removal(user) {
    const participants = this.#state.group_state.participants.filter((one) => one.user_id !== user);
    const { block } = await ask("call_change_state", { call: "c", group_state: { ...this.#state.group_state, participants } });
    return Buffer.from(block, "hex");
  }

  async end() {
    await ask("call_drop", { call: "c" });
  }

  async #follow(read, send) {
    for (const subChain of [0, 1]) {
      const { blocks, next } = await read(subChain, this.#next[subChain]);
      for (const block of blocks.map(hex)) {
        if (subChain === 1) await answer("call_inbound", { call: "c", message: block });
        else if (this.#state) this.#state = await ask("call_apply", { call: "c", block });
        else this.#state = await ask("call_create", { call: "c", user_id: this.#user, seed: this.#seed, last_block: block });
      }
      if (blocks.length) this.#next[subChain] = next;
    }
    for (const block of (await ask("call_outbound", { call: "c" })).messages) {
      // A block that came in between makes one of these too late.
      await send(Buffer.from(block, "hex")).catch(() => {});
    }
    const { emoji_hash } = await ask("call_verification", { call: "c" });
    return emoji_hash && (await ask("emoji", { emoji_hash })).emoji.join();
  }
}

// The constructors that the server writes in a layer: name, id, fields and type.
export function written(layer) {
  const lines = readFileSync(new URL("../../crates/server/src/tl/layers.tl", import.meta.url), "utf8").split("\n");
  let isIn = false;
  const constructors = [];
  for (const line of lines) {
    if (line.startsWith("---")) isIn = line.includes(layer);
    else if (isIn && line.includes("#")) constructors.push(constructor(line));
  }
  assert.ok(constructors.length > 50);
  return constructors;
}

export function constructor(line) {
  const [, name, id, fields, type] = line.match(/^([\w.]+)#([0-9a-f]+) (.*)= (\S+);$/);
  return { name, id: parseInt(id, 16), fields: fields.trim(), type };
}

// mtcute starts on a server, in whose folder this runs.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { MemoryStorage, TelegramClient } from "@mtcute/node";

const client = new TelegramClient({
  apiId: 1,
  apiHash: "0".repeat(32),
  storage: new MemoryStorage(),
  testMode: true,
});
await client.importSession(readFileSync("mtcute", "utf8"));
await client.connect();
const user = await client.getMe();
assert.strictEqual(user.id, 3);
await client.startUpdatesLoop();
const created = await client.call({ _: "phone.createConferenceCall", randomId: 7 });
const { call } = created.updates.find((one) => one._ === "updateGroupCall");
const found = await client.call({
  _: "phone.getGroupCall",
  call: { _: "inputGroupCall", id: call.id, accessHash: call.accessHash },
  limit: 1,
});
assert.ok(found.call.conference);
await client.destroy();
console.log("mtcute 0.30.3, session string: started, created a conference");

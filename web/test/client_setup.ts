import { ChatClient } from "../src/client/client";
import type { ConnectionState } from "../src/client/types";
import { FakeClock, FakeServer } from "./fakes";

export function setUp() {
    const clock = new FakeClock();
    const server = new FakeServer();
    const client = new ChatClient("ws://test/ws", { openSocket: server.open, clock });
    const phases: ConnectionState["phase"][] = [];
    client.events.on("state", ({ phase }) => phases.push(phase));
    return { clock, server, client, phases };
}

/** Somebody in the lobby. */
export async function setUpOnline(welcome: object = {}) {
    const all = setUp();
    const entered = all.client.enter("alice", "lobby");
    await all.server.admit({}, welcome);
    await entered;
    return all;
}

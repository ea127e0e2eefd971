import { ChatClient } from "../src/client/client";
import type { Delivery } from "../src/client/outbox";
import type { OutboxStore } from "../src/client/queued";
import { outboxInMemory } from "../src/client/queued";
import { FakeClock, FakeServer } from "./fakes";

/** Somebody in the lobby, and what became of what was sent. */
export async function setUpOutbox(outbox: OutboxStore = outboxInMemory()) {
    const clock = new FakeClock();
    const server = new FakeServer();
    const client = new ChatClient("ws://test/ws", { openSocket: server.open, clock, outbox });
    const delivered: Delivery[] = [];
    const rejected: string[] = [];
    client.events.on("delivered", (delivery) => delivered.push(delivery));
    client.events.on("rejected", ({ request, error }) => rejected.push(`${request.cid} ${error.code}`));
    const entered = client.enter("alice", "lobby");
    await server.admit();
    await entered;
    return { clock, server, client, delivered, rejected };
}

export function message(cid: string) {
    return { room: "lobby", text: `text of ${cid}`, cid };
}

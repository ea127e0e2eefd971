// Between a client and the server.

import { createServer, connect } from "node:net";
import { once } from "node:events";

/** A way to the server that can be cut. */
export class Way {
    #pairs = new Set();
    #server;
    #open = true;
    #silent = false;

    static async to(port) {
        const way = new Way();
        way.#server = createServer((near) => way.#onConnection(near, port));
        way.#server.listen(0, "127.0.0.1");
        await once(way.#server, "listening");
        return way;
    }

    get url() {
        return `http://127.0.0.1:${this.#server.address().port}/`;
    }

    get address() {
        return `ws://127.0.0.1:${this.#server.address().port}/ws`;
    }

    #onConnection(near, port) {
        if (!this.#open) {
            near.destroy();
            return;
        }
        const far = connect(port, "127.0.0.1");
        const pair = { end: () => [near, far].forEach((socket) => socket.destroy()) };
        this.#pairs.add(pair);
        for (const socket of [near, far]) {
            socket.on("error", pair.end);
            socket.on("close", () => {
                pair.end();
                this.#pairs.delete(pair);
            });
        }
        near.pipe(far);
        if (!this.#silent) far.pipe(near);
        pair.silence = () => far.unpipe(near).pause();
        pair.speak = () => far.pipe(near);
    }

    /** Nothing comes back any more, and nobody says so. */
    silence() {
        this.#silent = true;
        for (const pair of this.#pairs) pair.silence();
    }

    speak() {
        this.#silent = false;
        for (const pair of this.#pairs) pair.speak();
    }

    cut() {
        this.#open = false;
        for (const pair of this.#pairs) pair.end();
    }

    mend() {
        this.#open = true;
    }

    close() {
        this.cut();
        this.#server.close();
    }
}

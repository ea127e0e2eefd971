// A chatd of one test file: the real program, the built web client, a free loopback port.
//
//     CHATD       the program             default: $BUILDDIR/chatd
//     WEB_ROOT    the built web client    default: $BUILDDIR/web/dist
//     MODULE_DIR  the modules             default: $BUILDDIR/modules/.libs
//     BUILDDIR    where they were built   default: the source tree
//     SRCDIR      the source tree         default: two folders above this one
//     CHATD_TEST_SLOW  factor for all time limits

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { closeSync, existsSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const SRCDIR = resolve(process.env.SRCDIR || fileURLToPath(new URL("../..", import.meta.url)));
const BUILDDIR = resolve(process.env.BUILDDIR || SRCDIR);
const CHATD = resolve(process.env.CHATD || join(BUILDDIR, "chatd"));
const WEB_ROOT = resolve(process.env.WEB_ROOT || join(BUILDDIR, "web/dist"));
const MODULE_DIR = resolve(process.env.MODULE_DIR || join(BUILDDIR, "modules/.libs"));
const MODULES = ["typing", "userlist", "profanity", "greeter", "dice", "help"];

/** Whether this module was built. */
export function hasModule(name) {
    return existsSync(join(MODULE_DIR, `${name}.so`));
}
const WORDS = join(SRCDIR, "etc/profanity.txt");

const TLS = 'tls_certificate = {"tls.pem"}\n tls_key = {"tls.key"}';

export const SLOW = Number(process.env.CHATD_TEST_SLOW || 1);
export const PATIENCE_MS = 10_000 * SLOW;

export class Server {
    #folder;
    #process;
    #tls = false;
    #resumeWindow;
    #modules = MODULES;
    /** Whether what is rude is refused, and not only masked; from the next start on. */
    isStrict = false;
    port = 0;

    /** Who goes is gone at once, unless there is a resume window. `modules` come beside the usual ones. */
    static async start({ resumeWindow = "0s", modules = [], isStrict = false } = {}) {
        const server = new Server();
        server.#resumeWindow = resumeWindow;
        server.#modules = [...modules, ...MODULES];
        server.isStrict = isStrict;
        server.#folder = await mkdtemp(join(tmpdir(), "chatd-browser-"));
        await server.start();
        return server;
    }

    /** With TLS, and a certificate that nobody has signed. */
    static async startTls() {
        const server = new Server();
        server.#folder = await mkdtemp(join(tmpdir(), "chatd-browser-"));
        server.#tls = true;
        server.#resumeWindow = "0s";
        await makeCertificate(server.#folder);
        await server.start();
        return server;
    }

    get url() {
        return `${this.#tls ? "https" : "http"}://127.0.0.1:${this.port}/`;
    }

    /** For programs. */
    get address() {
        return `${this.#tls ? "wss" : "ws"}://127.0.0.1:${this.port}/ws`;
    }

    /** Starts it; a second time on the same port. */
    async start() {
        await writeFile(join(this.#folder, "chatd.modules"), this.#modules.map((name) => moduleLine(name, this.isStrict)).join("\n") + "\n");
        await writeFile(join(this.#folder, "chatd.conf"), `
            listen = {"127.0.0.1:${this.port}${this.#tls ? " tls" : ""}"}
            ${this.#tls ? TLS : ""}
            web_root = "${WEB_ROOT}"
            module_dir = "${MODULE_DIR}"
            data_dir = "data"
            modules_file = "chatd.modules"
            resume_window = ${this.#resumeWindow}
        `);
        const log = openSync(join(this.#folder, "log"), "w");
        this.#process = spawn(CHATD, ["-c", join(this.#folder, "chatd.conf")], { stdio: ["ignore", log, log] });
        closeSync(log);
        this.port = await this.#listeningPort();
    }

    async #listeningPort() {
        const deadline = Date.now() + PATIENCE_MS;
        for (;;) {
            const log = await this.log();
            const port = /listening on 127\.0\.0\.1:(\d+)/.exec(log)?.[1];
            if (port) return Number(port);
            if (Date.now() > deadline || this.#process.exitCode !== null) throw new Error(`chatd does not listen:\n${log}`);
            await sleep(10);
        }
    }

    log() {
        return readFile(join(this.#folder, "log"), "utf8");
    }

    /** SIGTERM; throws when it does not end well. */
    async stop() {
        const { exitCode, signalCode } = this.#process;
        if (exitCode === null && signalCode === null) {
            this.#process.kill("SIGTERM");
            await once(this.#process, "exit");
        }
        if (this.#process.exitCode !== 0)
            throw new Error(`chatd ended with ${this.#process.exitCode ?? this.#process.signalCode}:\n${await this.log()}`);
    }

    /** SIGKILL: nothing is said, and nothing is written any more. */
    async kill() {
        this.#process.kill("SIGKILL");
        await once(this.#process, "exit");
    }

    /** The last stop(): removes the folder, too. */
    async end() {
        await this.stop();
        await rm(this.#folder, { recursive: true });
    }
}

function makeCertificate(folder) {
    return promisify(execFile)("openssl", [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
        "-keyout", join(folder, "tls.key"), "-out", join(folder, "tls.pem"),
    ]);
}

function moduleLine(name, isStrict) {
    if (name !== "profanity") return `module ${name} {}`;
    return `module profanity { words = "${WORDS}"\n action = ${isStrict ? "deny" : "mask"} }`;
}

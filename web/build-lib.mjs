// The client without the page, as a package for programs: chatd-client.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

function bundle(out) {
    esbuild.buildSync({
        absWorkingDir: here,
        entryPoints: ["src/client/index.ts"],
        outfile: join(out, "index.js"),
        bundle: true,
        format: "esm",
        platform: "neutral",
        target: ["es2022"],
        logLevel: "warning",
    });
}

function tsc(options, ...more) {
    const path = createRequire(import.meta.url).resolve("typescript/bin/tsc");
    execFileSync(process.execPath, [path, ...options.split(" "), ...more], { cwd: here, stdio: "inherit" });
}

function declareTypes(out) {
    const emit = "--noEmit false --declaration --emitDeclarationOnly --rootDir src/client";
    tsc(`-p tsconfig.client.json ${emit} --outDir`, out);
    // Node looks files up by their whole names, and so do the types of who imports this there.
    for (const file of readdirSync(out).filter((name) => name.endsWith(".d.ts"))) {
        const text = readFileSync(join(out, file), "utf8");
        writeFileSync(join(out, file), text.replace(/(from "\.\/\w+)"/g, '$1.js"'));
    }
    // As one would who has the types of neither browsers nor Node.
    tsc("--noEmit --strict --target es2022 --lib es2022 --module nodenext --typeRoots none", join(out, "index.d.ts"));
}

function describe(out) {
    const { version, license, engines } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
    const entry = { types: "./index.d.ts", default: "./index.js" };
    const about = { name: "chatd-client", version, license, type: "module", engines, exports: { ".": entry } };
    writeFileSync(join(out, "package.json"), `${JSON.stringify(about, null, 2)}\n`);
}

export function buildLibrary(out) {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    bundle(out);
    declareTypes(out);
    describe(out);
}

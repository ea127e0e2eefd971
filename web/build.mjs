// Bundles the client into static files, and what programs use of it: node build.mjs [--out DIR] [--lib DIR]
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import esbuild from "esbuild";
import { buildLibrary } from "./build-lib.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string" }, lib: { type: "string" } } });
const out = resolve(values.out ?? process.env.OUT ?? join(here, "dist"));
const lib = resolve(values.lib ?? process.env.LIB ?? join(here, "dist-lib"));
const assets = join(out, "assets");

// Names carry a hash, so files of earlier builds would pile up.
rmSync(assets, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });

function writeHashed(name, extension, content) {
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
    const file = `${name}-${hash}.${extension}`;
    writeFileSync(join(assets, file), content);
    return `assets/${file}`;
}

function bundleScript() {
    const result = esbuild.buildSync({
        absWorkingDir: here,
        entryPoints: ["src/main.tsx"],
        bundle: true,
        minify: true,
        write: false,
        format: "esm",
        target: ["es2022"],
        legalComments: "none",
        logLevel: "warning",
    });
    return result.outputFiles[0].contents;
}

function bundleStyle() {
    const manifest = createRequire(import.meta.url).resolve("@tailwindcss/cli/package.json");
    const cli = join(dirname(manifest), JSON.parse(readFileSync(manifest, "utf8")).bin.tailwindcss);
    return execFileSync(process.execPath, [cli, "--input", "src/styles.css", "--minify"], {
        cwd: here,
        stdio: ["ignore", "pipe", "pipe"],
    });
}

const page = readFileSync(join(here, "src/index.html"), "utf8")
    .replace("%SCRIPT%", writeHashed("main", "js", bundleScript()))
    .replace("%STYLE%", writeHashed("main", "css", bundleStyle()));
writeFileSync(join(out, "index.html"), page);
cpSync(join(here, "public"), out, { recursive: true });
buildLibrary(lib);
console.log(`web client written to ${out}, library to ${lib}`);

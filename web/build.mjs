// Bundles the client into static files, and what programs use of it: node build.mjs [--out DIR] [--lib DIR]
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import esbuild from "esbuild";
import { buildLibrary } from "./build-lib.mjs";
import { emojiPlugin } from "./emoji-table.mjs";

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

/** What `import()` asks for becomes files of their own. Answers the names of the script and of what it begins with. */
async function bundleScripts() {
    const { metafile } = await esbuild.build({
        absWorkingDir: here,
        entryPoints: ["src/main.tsx"],
        bundle: true,
        splitting: true,
        minify: true,
        metafile: true,
        outdir: assets,
        entryNames: "[name]-[hash]",
        chunkNames: "[name]-[hash]",
        format: "esm",
        target: ["es2022"],
        legalComments: "none",
        logLevel: "warning",
        plugins: [emojiPlugin],
    });
    const files = Object.entries(metafile.outputs);
    const [main, { imports }] = files.find(([, { entryPoint }]) => entryPoint === "src/main.tsx");
    const first = imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
    return [main, ...first].map((file) => `assets/${basename(file)}`);
}

function bundleStyle() {
    const manifest = createRequire(import.meta.url).resolve("@tailwindcss/cli/package.json");
    const cli = join(dirname(manifest), JSON.parse(readFileSync(manifest, "utf8")).bin.tailwindcss);
    return execFileSync(process.execPath, [cli, "--input", "src/styles.css", "--minify"], {
        cwd: here,
        stdio: ["ignore", "pipe", "pipe"],
    });
}

const [script, ...preloads] = await bundleScripts();
const page = readFileSync(join(here, "src/index.html"), "utf8")
    .replace("%SCRIPT%", script)
    .replace("%PRELOADS%", preloads.map((file) => `<link rel="modulepreload" href="${file}" />`).join("\n        "))
    .replace("%STYLE%", writeHashed("main", "css", bundleStyle()));
writeFileSync(join(out, "index.html"), page);
cpSync(join(here, "public"), out, { recursive: true });
buildLibrary(lib);
console.log(`web client written to ${out}, library to ${lib}`);

// node --test-reporter=tap_reporter.mjs: TAP without nesting, so that every test is counted. A suite
// counts when it failed itself, in a hook for example.

import { relative } from "node:path";

export default async function* report(events) {
    let cases = 0;
    for await (const { type, data } of events) {
        if (type === "test:stdout" || type === "test:stderr") yield comment(data.message);
        if (type !== "test:pass" && type !== "test:fail") continue;
        const failed = type === "test:fail";
        const error = data.details?.error;
        if (error?.failureType === "subtestsFailed") continue;
        if (data.details?.type === "suite" && !failed) continue;
        const place = data.file ? `${relative(process.cwd(), data.file)}: ` : "";
        yield `${failed ? "not ok" : "ok"} ${++cases} - ${place}${data.name.replaceAll("#", "%23")}${note(data)}\n`;
        if (failed) yield comment(inspect(error));
    }
    yield `1..${cases}\n`;
}

function note({ skip, todo }) {
    if (skip !== undefined) return ` # SKIP ${skip === true ? "" : skip}`;
    if (todo !== undefined) return ` # TODO ${todo === true ? "" : todo}`;
    return "";
}

function inspect(error) {
    const cause = error?.cause ?? error;
    return `${cause?.stack ?? cause}`;
}

function comment(text) {
    return text.trimEnd().split("\n").map((line) => `#   ${line}\n`).join("");
}

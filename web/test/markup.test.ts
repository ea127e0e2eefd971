import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "../src/markup/parse";
import type { Block, Inline } from "../src/markup/tree";

/** The tree as a short text, for tests to read. */
function show(nodes: readonly (Block | Inline)[]): string {
    return nodes
        .map((node) => {
            if ("children" in node) return `${node.type}(${show(node.children)})`;
            if (node.type === "text") return node.text;
            return node.type === "link" ? `link(${node.href})` : `${node.type}[${node.text}]`;
        })
        .join("|");
}

const inline = (text: string) => show(parse(text)).replace(/^text\(([^]*)\)$/, "$1");

function depthOf(nodes: readonly (Block | Inline)[]): number {
    return nodes.reduce((most, node) => Math.max(most, 1 + ("children" in node ? depthOf(node.children) : 0)), 0);
}

describe("markup", () => {
    for (const [text, expected] of [
        ["plain", "plain"],
        ["**bold** text", "bold(bold)| text"],
        ["*it* and _it_", "italic(it)| and |italic(it)"],
        ["~~gone~~", "strike(gone)"],
        ["***both***", "bold(italic(both))"],
        ["**a *b* c**", "bold(a |italic(b)| c)"],
        ["*a **b***", "italic(a |bold(b))"],
        ["`a *b* @c`", "code[a *b* @c]"],
        ["``a ` b``", "code[a ` b]"],
        ["这是**粗体**字", "这是|bold(粗体)|字"],
    ] as const)
        it(`reads ${text}`, () => assert.equal(inline(text), expected));

    for (const text of [
        "2*3*4", "snake_case_name", "* a * b", "**", "**open", "a ** b ** c", "~tilde~", "`open", "__init", "****",
        "*", "a*", ":(", ">:(", "mailto:", "http://", "https:///", "me@example.org", "@", "x://y",
    ])
        it(`leaves ${text} as it is`, () => assert.equal(inline(text), text));

    it("leaves a mark that nothing ends, and what is in it", () => {
        assert.equal(inline("**a *b c**"), "bold(a *b c)");
        assert.equal(inline("*a **b c*"), "italic(a **b c)");
    });

    it("makes links of three schemes only", () => {
        assert.equal(inline("see https://a.example/b_c_d?e=*f*."), "see |link(https://a.example/b_c_d?e=*f)|*.");
        assert.equal(inline("(http://a.example/x_(y))"), "(|link(http://a.example/x_(y))|)");
        assert.equal(inline("mailto:a@b.example"), "link(mailto:a@b.example)");
        for (const text of ["javascript:alert(1)", "data:text/html,x", "JaVaScRiPt:alert(1)", "vbscript:x", "file:///x"])
            assert.equal(inline(text), text);
    });

    it("ends a link before what would turn it around", () => {
        assert.equal(inline("https://a.example/\u202egpj.exe"), "link(https://a.example/)|override[\u202e]|gpj.exe");
    });

    it("finds mentions, not addresses", () => {
        assert.equal(inline("@bob: hi @anne-marie."), "mention[@bob]|: hi |mention[@anne-marie]|.");
        assert.equal(inline("a@b @"), "a@b @");
    });

    it("reads blocks of code, with what looks like markup", () => {
        assert.equal(show(parse("a\n```js\n**x**\n\n> y\n```\nb")), "text(a)|code[**x**\n\n> y]|text(b)");
        assert.equal(show(parse("```\nx```")), "code[x]");
        assert.equal(show(parse("```\nopen")), "text(```\nopen)");
        assert.equal(show(parse("```one line```")), "text(code[one line])");
    });

    it("reads quotes, in each other up to a bound", () => {
        assert.equal(show(parse("> a\n> b\nc")), "quote(text(a\nb))|text(c)");
        assert.equal(show(parse("> > a\n> b")), "quote(quote(text(a))|text(b))");
        assert.ok(depthOf(parse("> ".repeat(500) + "x")) <= 5);
    });

    it("shows overrides instead of obeying them", () => {
        assert.equal(inline("a\u202eb\u202dc"), "a|override[\u202e]|b|override[\u202d]|c");
    });

    it("leaves HTML as text", () => {
        const html = "<img src=x onerror=alert(1)><script>";
        assert.equal(inline(html), html);
    });

    it("nests no deeper than a bound", () => {
        const deep = "**_".repeat(200) + "x" + "_**".repeat(200);
        assert.ok(depthOf(parse(deep)) <= 10);
        for (const open of ["~~a ", "**a ", "_a "]) assert.equal(textOf(parse(open.repeat(50))), open.repeat(50));
    });

    it("loses no character of texts that are no markup", () => {
        for (const text of ["x".repeat(4_000), "😀".repeat(500), "( **a @ ".repeat(600), "_* ".repeat(2_000)])
            assert.equal(textOf(parse(text)), text);
    });

    // Texts so long that a time which grows with the square would be hours.
    for (const part of ["*a ", "**a*_b ", "`", "``` ` ", "https://a.example/((((", "@a.", "> ", "```\n", "~~ ~~a", "_a *"])
        it(`gets through many of ${JSON.stringify(part)}`, { timeout: 120_000 }, () => {
            assert.ok(parse(part.repeat(300_000 / part.length)).length > 0);
        });
});

function textOf(nodes: readonly (Block | Inline)[]): string {
    return nodes.map((node) => ("children" in node ? textOf(node.children) : node.text)).join("");
}

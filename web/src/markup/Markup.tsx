import type { ComponentChildren } from "preact";
import { parse } from "./parse";
import type { Block, Inline } from "./tree";

interface Props {
    text: string;
    /** Tells which mentions are of the one who reads. */
    isMe?(nick: string): boolean;
}

/** A text with light markup, as elements: no part of it is ever read as HTML. */
export function Markup({ text, isMe = () => false }: Props) {
    return <>{parse(text).map((block) => renderBlock(block, isMe))}</>;
}

function renderBlock(block: Block, isMe: (nick: string) => boolean): ComponentChildren {
    switch (block.type) {
        case "text":
            return (
                <p dir="auto" class="whitespace-pre-wrap">
                    {renderAll(block.children, isMe)}
                </p>
            );
        case "code":
            return (
                <pre
                    dir="ltr"
                    class="my-1 max-h-96 overflow-auto rounded-lg bg-ink-950/60 px-3 py-2 font-mono text-[0.8125rem] leading-relaxed text-fog-100"
                    tabIndex={0}
                    role="region"
                    aria-label="Code"
                >
                    <code>{block.text}</code>
                </pre>
            );
        case "quote":
            return (
                <blockquote class="my-1 border-l-4 border-current/35 pl-3">
                    {block.children.map((child) => renderBlock(child, isMe))}
                </blockquote>
            );
    }
}

function renderAll(children: readonly Inline[], isMe: (nick: string) => boolean): ComponentChildren {
    return children.map((child) => renderInline(child, isMe));
}

function renderInline(inline: Inline, isMe: (nick: string) => boolean): ComponentChildren {
    switch (inline.type) {
        case "text":
            return inline.text;
        case "bold":
            return <strong>{renderAll(inline.children, isMe)}</strong>;
        case "italic":
            return <em>{renderAll(inline.children, isMe)}</em>;
        case "strike":
            return <s>{renderAll(inline.children, isMe)}</s>;
        case "code":
            return (
                <code class="rounded bg-ink-950/60 px-1 py-0.5 font-mono text-[0.875em] text-fog-100">
                    {inline.text}
                </code>
            );
        case "link":
            return (
                <a class="underline underline-offset-2" href={inline.href} target="_blank" rel="noopener noreferrer">
                    {inline.text}
                </a>
            );
        case "mention":
            return (
                <bdi
                    class={`rounded px-0.5 font-semibold ${isMe(inline.nick) ? "bg-amber-300 text-amber-950" : "bg-ink-950/30"}`}
                >
                    {inline.text}
                </bdi>
            );
        case "override":
            return (
                <span class="rounded border border-current/50 px-0.5 text-[0.75em]" title="A character that would turn the text around">
                    {inline.text === "\u202e" ? "RLO" : "LRO"}
                </span>
            );
    }
}

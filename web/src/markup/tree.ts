/** What a text is made of. Whatever is no markup stays text, as it was written. */
export type Inline =
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "bold" | "italic" | "strike"; readonly children: readonly Inline[] }
    | { readonly type: "code"; readonly text: string }
    | { readonly type: "link"; readonly href: string; readonly text: string }
    /** `text` is as it was written, with the @ before the name. */
    | { readonly type: "mention"; readonly nick: string; readonly text: string }
    /** A character that would turn the text around it, to be shown and not obeyed. */
    | { readonly type: "override"; readonly text: string };

export type Block =
    | { readonly type: "text"; readonly children: readonly Inline[] }
    | { readonly type: "code"; readonly text: string }
    | { readonly type: "quote"; readonly children: readonly Block[] };

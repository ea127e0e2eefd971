/** `text` as a message that says just that: one that begins with a slash is no command. */
export function literal(text: string): string {
    return text.startsWith("/") ? `/${text}` : text;
}

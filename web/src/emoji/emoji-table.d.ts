// Made by emoji-table.mjs when the page is built.
declare module "emoji-table" {
    const table: readonly import("./emoji").EmojiRows[];
    export default table;
}

// What the page knows of emoji: a module `emoji-table`, made of the package emojibase-data when the page is built.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
/** Later ones would be empty squares on many systems. */
const NEWEST = 15;
/** Skin tones and hair by themselves. */
const COMPONENTS = 2;

/** As keyboards write it: the package asks for the look of an emoji also where that is what everybody shows. */
function qualified(emoji) {
    return emoji.replace(/(\p{Emoji_Presentation})\ufe0f/gu, "$1");
}

/** Groups in order: [name, [[emoji, label, shortcodes, tags], ...]]; the last two are words with spaces between. */
export function emojiTable() {
    const emojis = require("emojibase-data/en/data.json");
    const { groups } = require("emojibase-data/en/messages.json");
    const shortcodes = ["github", "emojibase"].map((set) => require(`emojibase-data/en/shortcodes/${set}.json`));
    const codesOf = (hexcode) => [...new Set(shortcodes.flatMap((set) => set[hexcode] ?? []))];
    const row = ({ emoji, label, hexcode, tags = [] }) => {
        const codes = codesOf(hexcode);
        const words = tags.filter((tag) => !label.includes(tag) && !codes.includes(tag));
        return [qualified(emoji), label, codes.join(" "), words.join(" ")];
    };
    return groups
        .filter(({ order }) => order !== COMPONENTS)
        .map(({ order, message }) => [
            message,
            emojis
                .filter(({ group, version }) => group === order && version <= NEWEST)
                .sort((a, b) => a.order - b.order)
                .map(row),
        ]);
}

export const emojiPlugin = {
    name: "emoji-table",
    setup(build) {
        build.onResolve({ filter: /^emoji-table$/ }, ({ path }) => ({ path, namespace: "emoji-table" }));
        build.onLoad({ filter: /.*/, namespace: "emoji-table" }, () => ({
            contents: JSON.stringify(emojiTable()),
            loader: "json",
        }));
    },
};

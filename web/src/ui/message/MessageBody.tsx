import { Markup } from "../../markup/Markup";
import { foldNick } from "../../markup/mentions";

const FEW_EMOJI = /^(?:(?:\p{Emoji_Presentation}|\p{Extended_Pictographic})[\p{M}\u200d\ufe0f\u{1f3fb}-\u{1f3ff}]*\s*){1,6}$/u;
const LONGEST_FEW = 60;

export function MessageBody({ text, myNick }: { text: string; myNick: string }) {
    const me = foldNick(myNick);
    const isFewEmoji = text.length <= LONGEST_FEW && FEW_EMOJI.test(text);
    return (
        <div class={isFewEmoji ? "text-4xl leading-tight" : ""}>
            <Markup text={text} isMe={(nick) => foldNick(nick) === me} />
        </div>
    );
}

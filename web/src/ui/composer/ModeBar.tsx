import { useDesk } from "../desk";
import { focusComposer } from "../focus";
import { CloseIcon } from "../icons";
import { oneLine } from "../message/ReplyQuote";
import { PencilIcon, ReplyIcon } from "../tool_icons";

/** Says what the text will be when it is no new message. */
export function ModeBar() {
    const { app, actions } = useDesk();
    const mode = app.writing.mode.value;
    if (mode.kind === "new") return null;
    const isEdit = mode.kind === "edit";
    const { from, text } = isEdit ? mode.of : mode.to;

    return (
        <div
            class="order-first -ml-2.5 mb-1 flex w-[calc(100%+0.625rem)] min-w-0 items-center gap-2.5 rounded-xl bg-ink-900 py-0.5 pr-0.5 pl-3 text-sm text-fog-300 [&_svg]:size-4"
            data-testid="mode"
            data-mode={mode.kind}
        >
            {isEdit ? <PencilIcon /> : <ReplyIcon />}
            <span class="min-w-0 flex-1 truncate" role="status">
                {isEdit ? "Editing: " : "Answering "}
                {!isEdit && <bdi class="font-semibold text-fog-100">{from.nick}: </bdi>}
                <bdi>{oneLine(text)}</bdi>
            </span>
            <button
                type="button"
                class="grid size-9 shrink-0 place-items-center rounded-lg hover:bg-ink-700 hover:text-fog-50 pointer-coarse:size-11"
                aria-label={isEdit ? "Do not edit" : "Do not answer"}
                onClick={() => {
                    actions.cancel();
                    focusComposer();
                }}
                data-testid="mode-cancel"
            >
                <CloseIcon />
            </button>
        </div>
    );
}

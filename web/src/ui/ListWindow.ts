import type { Span } from "../state/heights";
import { Heights } from "../state/heights";

/** Rounding and a half visible line still count as the bottom. */
const SLACK_PX = 40;
/** So much of the list above what is looked at is shown with it, after a jump to a row. */
const ABOVE_PX = 96;
/** Until the page was laid out. */
const FIRST_VIEW_PX = 1_000;

/**
 * What is shown of a list of rows, and where it stands. The truth is not the scroll position but what the reader has
 * before his eyes: the end of the list, or one row (the anchor) at some distance from the upper edge. Whatever comes,
 * goes, or turns out to have another height than guessed, the position follows from that.
 */
export class ListWindow {
    readonly heights = new Heights();
    scroller: HTMLElement | undefined;
    /** Stays at the end. */
    sticks = true;
    #anchor: { key: string; dy: number } | undefined;
    #view = FIRST_VIEW_PX;
    #top = 0;
    /** Where we have scrolled to; scroll events that tell this are our own. */
    #expected = -1;
    #shown: Span = { start: 0, end: 0 };

    stick(): void {
        this.sticks = true;
    }

    hold(key: string): void {
        this.sticks = false;
        this.#anchor = { key, dy: ABOVE_PX };
    }

    /** The rows to render: those in view, and as many again on both sides. */
    place(): Span {
        this.#top = this.#wantedTop();
        this.#shown = this.#spanAt(this.#top, this.#view);
        return this.#shown;
    }

    padding({ start, end }: Span): { paddingTop: string; paddingBottom: string } {
        const { heights } = this;
        return { paddingTop: `${heights.topOf(start)}px`, paddingBottom: `${heights.total - heights.topOf(end)}px` };
    }

    /** After a rendering: measures the rows, and scrolls so that nothing moves. Answers whether rows are missing. */
    settle(list: HTMLElement): boolean {
        const { scroller, heights } = this;
        const rows = list.children;
        for (let i = 0; i < rows.length; i++)
            heights.measure(this.#shown.start + i, rows[i]!.getBoundingClientRect().height);
        if (!scroller) return false;
        this.#view = scroller.clientHeight || FIRST_VIEW_PX;
        this.#top = this.#wantedTop();
        const end = scroller.scrollHeight - scroller.clientHeight;
        const wanted = this.sticks ? end : Math.min(end, this.#top + list.offsetTop);
        if (Math.abs(scroller.scrollTop - wanted) > 0.5) scroller.scrollTop = wanted;
        this.#expected = scroller.scrollTop;
        if (!this.#isComplete()) return true;
        // A jump to a row that is in the last screenful anyhow is one to the end.
        const isJumpToEnd = !this.sticks && end - this.#expected < 1;
        if (isJumpToEnd) this.sticks = true;
        return isJumpToEnd;
    }

    onResize(): void {
        if (this.scroller) this.#view = this.scroller.clientHeight || FIRST_VIEW_PX;
    }

    /** Answers whether there is something to render. */
    onScroll(list: HTMLElement): boolean {
        const { scroller, heights } = this;
        if (!scroller || Math.abs(scroller.scrollTop - this.#expected) < 1) return false;
        const wasSticking = this.sticks;
        this.#expected = -1;
        this.sticks = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < SLACK_PX;
        this.#top = scroller.scrollTop - list.offsetTop;
        const index = heights.indexAt(this.#top);
        const key = heights.keyOf(index);
        this.#anchor = key === undefined ? undefined : { key, dy: heights.topOf(index) - this.#top };
        return wasSticking !== this.sticks || !this.#isComplete();
    }

    #wantedTop(): number {
        const { heights } = this;
        if (this.sticks) return heights.total - this.#view;
        const index = this.#anchor ? heights.indexOf(this.#anchor.key) : -1;
        return index < 0 ? this.#top : heights.topOf(index) - this.#anchor!.dy;
    }

    #spanAt(top: number, around: number): Span {
        return this.heights.span(top - around, top + this.#view + around);
    }

    /** What is in view, and a little more, is there. */
    #isComplete(): boolean {
        const { start, end } = this.#spanAt(this.#top, this.#view / 2);
        return start >= this.#shown.start && end <= this.#shown.end;
    }
}

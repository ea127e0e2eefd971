const CHUNK = 128;

/** Before a row was ever shown, it is taken to be as high as most. */
export const GUESS_PX = 44;

export interface Span {
    readonly start: number;
    readonly end: number;
}

/** How high each row of a long list is, as far as it is known, and so where each stands. */
export class Heights {
    readonly #measured = new Map<string, number>();
    #keys: readonly string[] = [];
    #heights = new Float64Array(0);
    /** Sums of so many rows each, so that nothing has to go through all. */
    #chunks = new Float64Array(0);
    total = 0;

    get count(): number {
        return this.#keys.length;
    }

    setRows(keys: readonly string[]): void {
        this.#keys = keys;
        this.#heights = new Float64Array(keys.length);
        this.#chunks = new Float64Array(Math.ceil(keys.length / CHUNK));
        this.total = 0;
        keys.forEach((key, index) => this.#put(index, this.#measured.get(key) ?? GUESS_PX));
    }

    keyOf(index: number): string | undefined {
        return this.#keys[index];
    }

    /** -1 for one that is not there (any more). Nearly always near the end, or where it was. */
    indexOf(key: string): number {
        return this.#keys.lastIndexOf(key);
    }

    measure(index: number, height: number): void {
        const key = this.#keys[index];
        if (key === undefined || this.#measured.get(key) === height) return;
        this.#measured.set(key, height);
        this.#put(index, height);
    }

    topOf(index: number): number {
        const chunk = Math.floor(index / CHUNK);
        let top = 0;
        for (let i = 0; i < chunk; i++) top += this.#chunks[i]!;
        for (let i = chunk * CHUNK; i < index; i++) top += this.#heights[i]!;
        return top;
    }

    /** The row that `y` is in; the first or last one for what is outside. */
    indexAt(y: number): number {
        let chunk = 0;
        let top = 0;
        while (chunk < this.#chunks.length - 1 && top + this.#chunks[chunk]! <= y) top += this.#chunks[chunk++]!;
        let index = chunk * CHUNK;
        while (index < this.count - 1 && top + this.#heights[index]! <= y) top += this.#heights[index++]!;
        return index;
    }

    span(top: number, bottom: number): Span {
        if (this.count === 0) return { start: 0, end: 0 };
        return { start: this.indexAt(top), end: this.indexAt(bottom) + 1 };
    }

    #put(index: number, height: number): void {
        const change = height - this.#heights[index]!;
        this.#heights[index] = height;
        this.#chunks[Math.floor(index / CHUNK)]! += change;
        this.total += change;
    }
}

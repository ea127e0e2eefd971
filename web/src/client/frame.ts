/** A JSON object with a string `type`: all that the protocol promises about a frame before it is looked at. */
export type Frame = { readonly type: string; readonly [field: string]: unknown };

export function parseFrame(data: unknown): Frame | undefined {
    if (typeof data !== "string") return undefined;
    let value: unknown;
    try {
        value = JSON.parse(data);
    } catch {
        return undefined;
    }
    return isObject(value) && typeof value["type"] === "string" ? (value as Frame) : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export type Fields = Readonly<Record<string, unknown>>;

export function string(fields: Fields, name: string): string | undefined {
    const value = fields[name];
    return typeof value === "string" ? value : undefined;
}

export function number(fields: Fields, name: string): number | undefined {
    const value = fields[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function strings(fields: Fields, name: string): string[] {
    const value = fields[name];
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

export function numbers(fields: Fields, name: string): number[] {
    const value = fields[name];
    return Array.isArray(value) ? value.filter((item): item is number => typeof item === "number") : [];
}

export function objects(fields: Fields, name: string): Fields[] {
    const value = fields[name];
    return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Those of `items` that can be decoded. */
export function all<Item>(items: readonly Fields[], decode: (item: Fields) => Item | undefined): Item[] {
    return items.map(decode).filter((item) => item !== undefined);
}

export type Unsubscribe = () => void;

export class Emitter<Events> {
    readonly #listeners: { [Name in keyof Events]?: Set<(event: Events[Name]) => void> } = {};

    on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe {
        const listeners = (this.#listeners[name] ??= new Set());
        listeners.add(listener);
        return () => listeners.delete(listener);
    }

    /** A listener that throws keeps nobody else from the event; its error goes where unhandled ones go. */
    emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
        for (const listener of [...(this.#listeners[name] ?? [])]) {
            try {
                listener(event);
            } catch (error) {
                void Promise.reject(error);
            }
        }
    }
}

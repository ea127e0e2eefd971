import type { NotifyStore } from "../state/notifier";
import { decodeNotifySettings } from "../state/notify";
import { readShared, writeShared } from "./storage";

const NOTIFY = "chatd.notify";

export const keptNotifySettings: NotifyStore = {
    read: () => decodeNotifySettings(readShared(NOTIFY)),
    write: (settings) => writeShared(NOTIFY, settings),
};

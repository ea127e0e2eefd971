import { Overlays } from "./Overlays";
import { useApp } from "./context";
import { useShortcuts } from "./useShortcuts";

export function PageTools() {
    useShortcuts(useApp());
    return <Overlays />;
}

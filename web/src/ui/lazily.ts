import { lazy } from "./lazy";

export const PeopleSidebar = lazy(() => import("./side").then((side) => side.PeopleSidebar));
export const RoomsSidebar = lazy(() => import("./side").then((side) => side.RoomsSidebar));

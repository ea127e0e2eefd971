// Columns on wide screens. On narrow ones they are drawers, which as popovers close on Escape or a click beside them.

export const ROOMS_ID = "rooms";
export const PEOPLE_ID = "people";

export function closeDrawer(id: string): void {
    const drawer = document.getElementById(id);
    if (drawer?.matches(":popover-open")) drawer.hidePopover();
}

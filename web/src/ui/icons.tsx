import type { ComponentChildren } from "preact";

export function Icon({ children }: { children: ComponentChildren }) {
    return (
        <svg
            class="size-5 shrink-0"
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            {children}
        </svg>
    );
}

export const PeopleIcon = () => (
    <Icon>
        <circle cx="9" cy="8" r="3.5" />
        <path d="M2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 4.8a3.5 3.5 0 0 1 0 6.4M18.5 15.1c1.7.9 2.7 2.6 3 4.9" />
    </Icon>
);

export const SendIcon = () => (
    <Icon>
        <path d="M12 19V5M5.5 11.5 12 5l6.5 6.5" />
    </Icon>
);

export const LeaveIcon = () => (
    <Icon>
        <path d="M14 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H14M10 12h10M16.5 8.5 20 12l-3.5 3.5" />
    </Icon>
);

export const DownIcon = () => (
    <Icon>
        <path d="M12 5v14M5.5 12.5 12 19l6.5-6.5" />
    </Icon>
);

export const CloseIcon = () => (
    <Icon>
        <path d="M6 6l12 12M18 6 6 18" />
    </Icon>
);

export const EyeOffIcon = () => (
    <Icon>
        <path d="M4 4l16 16M9.9 5.2A9.6 9.6 0 0 1 12 5c5.5 0 8.7 4.5 9.5 7-.3.9-.9 2-1.8 3.1M6.3 7.2C4.2 8.6 3 10.5 2.5 12c.8 2.5 4 7 9.5 7 1.5 0 2.8-.3 4-.8M9.9 9.9a3 3 0 0 0 4.2 4.2" />
    </Icon>
);

export const ClockIcon = () => (
    <Icon>
        <circle cx="12" cy="12" r="8.5" />
        <path d="M12 7.5V12l3 2" />
    </Icon>
);

export const PlusIcon = () => (
    <Icon>
        <path d="M12 5v14M5 12h14" />
    </Icon>
);

export const MenuIcon = () => (
    <Icon>
        <path d="M4 7h16M4 12h16M4 17h16" />
    </Icon>
);

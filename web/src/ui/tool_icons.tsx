import { Icon } from "./icons";

export const SmileIcon = () => (
    <Icon>
        <circle cx="12" cy="12" r="8.5" />
        <path d="M8.5 14.5c1.8 2.2 5.2 2.2 7 0M9 9.5v.01M15 9.5v.01" />
    </Icon>
);

export const ReplyIcon = () => (
    <Icon>
        <path d="M9.5 6 4 11.5 9.5 17M4 11.5h9.5a6.5 6.5 0 0 1 6.5 6.5v.5" />
    </Icon>
);

export const PencilIcon = () => (
    <Icon>
        <path d="M4 20l1-4.5L16.5 4 20 7.5 8.5 19 4 20M14 6.5 17.5 10" />
    </Icon>
);

export const TrashIcon = () => (
    <Icon>
        <path d="M4 6.5h16M9 6.5V4h6v2.5M6 6.5 7 20h10l1-13.5M10 10.5v5.5M14 10.5v5.5" />
    </Icon>
);

export const SearchIcon = () => (
    <Icon>
        <circle cx="10.5" cy="10.5" r="6.5" />
        <path d="M15.5 15.5 20.5 20.5" />
    </Icon>
);

export const BellIcon = () => (
    <Icon>
        <path d="M5 17h14l-1.5-2.5V10a5.5 5.5 0 0 0-11 0v4.5L5 17M10 20.5h4" />
    </Icon>
);

export const BellOffIcon = () => (
    <Icon>
        <path d="M4 4l16 16M6.5 10v4.5L5 17h11.5M17.5 13.5V10a5.5 5.5 0 0 0-8.5-4.6M10 20.5h4" />
    </Icon>
);

export const HelpIcon = () => (
    <Icon>
        <circle cx="12" cy="12" r="8.5" />
        <path d="M9.7 9.5a2.4 2.4 0 1 1 3.4 2.3c-.8.4-1.1.9-1.1 1.7M12 16.5v.01" />
    </Icon>
);

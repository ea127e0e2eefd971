export { DeleteDialog } from "./DeleteDialog";
export { EmojiPicker } from "./EmojiPicker";
export { NotifyDialog } from "./NotifyDialog";
export { SearchDialog } from "./SearchDialog";
export { Shortcuts } from "./Shortcuts";
export { Switcher } from "./Switcher";

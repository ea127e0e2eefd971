// One file of the build, loaded when the page stands: what nobody needs to read the room that he came to.
export { PeopleSidebar } from "./PeopleSidebar";
export { RoomsSidebar } from "./RoomsSidebar";

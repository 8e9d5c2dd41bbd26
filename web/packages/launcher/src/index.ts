export { companionAddress, type Embed } from "./address";
export { COMPANION, openCompanion } from "./companion";
export { type Corner, drawCorner, whenReady } from "./corner";

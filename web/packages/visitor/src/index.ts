export { button, h, tell } from "./dom";
export { Ladder } from "./ladder";
export { type Mover, STAGE } from "./leading";
export { Memory, ownStorage, sharedStorage } from "./memory";
export { Once } from "./once";
export { clip, detailsOf } from "./text";
export { Visit } from "./visit";
export { type VisitView, visitView } from "./visit_view";

export { button, h, tell } from "./dom";
export { Ladder } from "./ladder";
export { type Mover, STAGE } from "./leading";
export {
  ARRIVED,
  Memory,
  ownStorage,
  type Remembered,
  type RememberedTalk,
  sharedStorage,
} from "./memory";
export { Once } from "./once";
export { clip, detailsOf } from "./text";
export { type Accepted, ELSEWHERE, Visit, type VisitOptions } from "./visit";
export { type VisitView, visitView } from "./visit_view";
export { failureInWords } from "./words";

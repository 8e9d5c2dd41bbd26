export { cardView } from "./card_view";
export { Cards } from "./cards";
export { button, h, tell } from "./dom";
export { Ladder } from "./ladder";
export { Leading, type Mover, STAGE } from "./leading";
export {
  ARRIVED,
  Memory,
  ownStorage,
  type Remembered,
  type RememberedTalk,
  sharedStorage,
} from "./memory";
export { Once } from "./once";
export { pageWords } from "./page_words";
export { copyButton } from "./record";
export { clip, detailsOf } from "./text";
export { type Accepted, ELSEWHERE, type Making, Visit, type VisitOptions } from "./visit";
export { type VisitView, visitView } from "./visit_view";
export { failureInWords } from "./words";

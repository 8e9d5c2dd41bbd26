export * from "./channel";
export * from "./generated";
export { bytes, wellFormed } from "./read";
export { decodeToAgent } from "./to_agent";
export { decodeToVisitor } from "./to_visitor";

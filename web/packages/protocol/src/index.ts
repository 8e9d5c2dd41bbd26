export * from "./channel";
export * from "./generated";
export { bytes } from "./read";
export { decodeToAgent } from "./to_agent";
export { decodeToVisitor } from "./to_visitor";

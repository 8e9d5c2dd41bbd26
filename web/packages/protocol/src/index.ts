export { channel } from "./channel";
export { conversation, type Decoders } from "./conversation";
export * from "./generated";
export * as LIMITS from "./limits";
export { bytes, wellFormed } from "./read";
export { decodeToAgent } from "./to_agent";
export { decodeToVisitor } from "./to_visitor";

// Written by `cargo test -p isession-protocol` from sdk/protocol; do not edit.

export const signalingFrame = 65536;
export const channelFrame = 262144;
export const messageText = 16384;
export const url = 2048;
export const title = 300;
export const label = 80;
export const hostPattern = 255;
export const selector = 300;
export const origin = 275;
export const policyEntries = 100;
export const inkPoints = 64;
export const mirrorMessage = 65536;
export const mirrorBatch = 16777216;
export const sdp = 32768;
export const candidate = 1024;
export const name = 80;
export const topic = 300;
export const department = 40;
export const ticket = 1024;
export const tickets = 32;
export const epoch = 32;
export const seenEpochs = 16;
export const time = 8640000000000000;

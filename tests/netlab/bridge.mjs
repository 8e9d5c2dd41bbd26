// Leads from a Unix socket, which has no namespace, to a port of this namespace's loopback.
//
//   node bridge.mjs PATH PORT

import { connect, createServer } from "node:net";

const [path, port] = process.argv.slice(2);

createServer((outside) => {
  const inside = connect(Number(port), "127.0.0.1");
  outside.pipe(inside).pipe(outside);
  outside.on("error", () => inside.destroy());
  inside.on("error", () => outside.destroy());
}).listen(path, () => console.log("ready"));

// Ends with whoever started it, however that ends.
process.stdin.once("end", () => process.exit()).resume();

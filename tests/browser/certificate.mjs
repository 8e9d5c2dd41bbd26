// A certificate for localhost that only this test's browser trusts.

import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = promisify(execFile);

/**
 * The files of a fresh one; `trust` is the flag by which Chromium takes its key for trusted, in
 * pages and in relays.
 */
export async function newCertificate() {
  const folder = await mkdtemp(join(tmpdir(), "isession-tls-"));
  const [certificate, key] = [join(folder, "server.pem"), join(folder, "server.key")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const name = ["-days", "7", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  await openssl("openssl", ["req", ...kind, ...name, "-keyout", key, "-out", certificate]);
  const pem = await readFile(certificate, "utf8");
  const publicKey = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  const hash = createHash("sha256").update(publicKey).digest("base64");
  return {
    certificate,
    key,
    pem,
    trust: `--ignore-certificate-errors-spki-list=${hash}`,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

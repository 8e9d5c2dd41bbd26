// A certificate that only this test's browsers and programs trust.

import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = promisify(execFile);

/** No extensions but those that are asked for. */
const PLAIN = "[req]\ndistinguished_name = name\n[name]\n";
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/**
 * The files of a fresh one for this host, and of the authority that signed it; `pem` is the
 * authority's text. `trust` is the flag by which Chromium takes its key for trusted, in pages and
 * in relays.
 */
export async function newCertificate(host = "localhost") {
  const folder = await mkdtemp(join(tmpdir(), "isession-tls-"));
  const file = (name) => join(folder, name);
  await writeFile(file("plain.cnf"), PLAIN);
  const make = (subject, extension, key, out, signer = []) =>
    openssl("openssl", [
      ...["req", "-x509", "-config", file("plain.cnf"), ...KEY, "-days", "7", ...signer],
      ...["-subj", `/CN=${subject}`, "-addext", extension, "-keyout", key, "-out", out],
    ]);
  const [authority, authorityKey] = [file("authority.pem"), file("authority.key")];
  const [certificate, key] = [file("server.pem"), file("server.key")];
  await make("Test authority", "basicConstraints=critical,CA:TRUE", authorityKey, authority);
  const signer = ["-CA", authority, "-CAkey", authorityKey];
  await make("Test server", `subjectAltName=DNS:${host}`, key, certificate, signer);
  const { publicKey } = new X509Certificate(await readFile(certificate));
  const der = publicKey.export({ type: "spki", format: "der" });
  const hash = createHash("sha256").update(der).digest("base64");
  return {
    host,
    certificate,
    key,
    authority,
    pem: await readFile(authority, "utf8"),
    trust: `--ignore-certificate-errors-spki-list=${hash}`,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

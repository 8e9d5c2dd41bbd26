// Builds launcher, page script, companion, console, mirror, check and what pages load later into dist/, each script and style
// also in brotli.

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "vite";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const common = { configFile: false, logLevel: "warn", publicDir: false };
/** Numbers that have names stand where they are used. */
const lean = { optimization: { inlineConst: { mode: "all", pass: 3 } } };

/** A page of its own: one script, one style, names by content; `define` are words that the build fills in. */
async function page(name, define = {}) {
  await build({
    ...common,
    define,
    root: join(root, "packages", name),
    build: {
      outDir: dist,
      emptyOutDir: false,
      modulePreload: false,
      assetsInlineLimit: 0,
      cssMinify: true,
      target: "es2022",
      rollupOptions: { ...lean, input: join(root, "packages", name, `${name}.html`) },
    },
  });
}

/** One classic script with a fixed name. */
async function script(name, entry = name, define = {}) {
  await build({
    ...common,
    root: join(root, "packages", entry),
    define,
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: "es2022",
      lib: {
        entry: join(root, "packages", entry, "src/main.ts"),
        formats: ["iife"],
        name: "isession",
        fileName: () => `${name}.js`,
      },
    },
  });
}

/** A module that is loaded when it is wanted; gives its address, named by content. */
async function part(name, entry, define = {}) {
  const { output } = await build({
    ...common,
    root: dirname(entry),
    define,
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: "es2022",
      modulePreload: false,
      rollupOptions: {
        ...lean,
        input: entry,
        preserveEntrySignatures: "strict",
        output: { entryFileNames: `assets/${name}-[hash].js` },
      },
    },
  });
  return `/${output[0].fileName}`;
}

async function compress(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await compress(path);
    } else if (/\.(js|css)$/.test(entry.name)) {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
      await writeFile(`${path}.br`, brotliCompressSync(await readFile(path), { params }));
    }
  }
}

await rm(dist, { recursive: true, force: true });
for (const name of ["check", "console", "mirror"]) {
  await page(name);
}
const arrival = await part("arrival", join(root, "packages/companion/src/arrival.ts"));
await page("companion", { ARRIVAL: JSON.stringify(arrival) });
await script("launcher");
const record = await part("record", join(root, "packages/mirror/src/record.ts"));
const layer = await part("layer", join(root, "packages/show/src/layer.ts"));
const panel = await part("panel", join(root, "packages/page/src/panel.ts"), {
  RECORD: JSON.stringify(record),
  LAYER: JSON.stringify(layer),
});
const guide = await part("guide", join(root, "packages/page/src/guide.ts"));
await script("page", "page", {
  PANEL: JSON.stringify(panel),
  GUIDE_PART: JSON.stringify(guide),
});
await compress(dist);

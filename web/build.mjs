// Builds launcher, page script, companion, console, mirror, check and what pages load later into dist/, each script and style
// also in brotli.

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "vite";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const common = { configFile: false, logLevel: "warn", publicDir: false };
/** Numbers that have names stand where they are used. */
const lean = { optimization: { inlineConst: { mode: "all", pass: 3 } } };

/** A page of its own: one script, one style, names by content; `define` are words that the build fills in. */
const page = (name, define = {}) => build(pageOf(name, define));

const pageOf = (name, define, plugins = [], rollup = {}, write = true) => ({
  ...common,
  define,
  plugins,
  root: join(root, "packages", name),
  build: {
    outDir: dist,
    emptyOutDir: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    cssMinify: true,
    target: "es2022",
    write,
    rollupOptions: { ...lean, ...rollup, input: join(root, "packages", name, `${name}.html`) },
  },
});

/**
 * The same with one module that is loaded later, from the address that takes the place of `word`. What
 * both use comes with the page, in its one script: a first build tells what only the later one uses.
 */
async function pageWithLater(name, define, word, entry) {
  const plugins = [later(word, entry)];
  const { output } = await build(pageOf(name, define, plugins, {}, false));
  const own = new Set(output.find((chunk) => chunk.facadeModuleId === entry).moduleIds);
  const codeSplitting = {
    includeDependenciesRecursively: false,
    groups: [{ name, test: (id) => !own.has(id) }],
  };
  const rollup = { preserveEntrySignatures: "allow-extension", output: { codeSplitting } };
  await build(pageOf(name, define, plugins, rollup));
}

/** An entry beside the page's own. Its address is only known where names by content are made. */
const later = (word, entry) => {
  let reference;
  return {
    name: "later",
    buildStart() {
      const name = basename(entry, ".ts");
      reference = this.emitFile({ type: "chunk", id: entry, name, preserveSignature: "strict" });
    },
    transform: (code) =>
      code.includes(word)
        ? code.replaceAll(word, `import.meta.ROLLUP_FILE_URL_${reference}`)
        : undefined,
  };
};

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
await pageWithLater(
  "companion",
  { ARRIVAL: JSON.stringify(arrival) },
  "TALKING",
  join(root, "packages/companion/src/talking.ts"),
);
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

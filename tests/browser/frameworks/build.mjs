// Builds an application of this folder, with the component of the embedding page, for browsers:
// `node build.mjs <node_modules> <application> <folder of the component> <output>`.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [modules, application, components, outfile] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "x.js"));
const { build } = require("esbuild");

/** Reads the page's component from its folder, and compiles one of Vue as Vite does. */
const component = {
  name: "component",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^TalkRoom\.(jsx|vue)$/ }, ({ path }) => ({ path: resolve(components, path) }));
    onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { compileScript, parse } = require("vue/compiler-sfc");
      const compilerOptions = { isCustomElement: (tag) => tag === "talk-room" };
      const source = await readFile(path, "utf8");
      const { descriptor } = parse(source, { filename: path, templateParseOptions: compilerOptions });
      const { content } = compileScript(descriptor, {
        id: "talk-room",
        inlineTemplate: true,
        templateOptions: { compilerOptions },
      });
      return { contents: content, loader: "js" };
    });
  },
};

await build({
  entryPoints: [application],
  outfile,
  bundle: true,
  format: "esm",
  jsx: "automatic",
  nodePaths: [resolve(modules)],
  define: {
    "process.env.NODE_ENV": '"production"',
    __VUE_OPTIONS_API__: "true",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
  },
  plugins: [component],
  logLevel: "warning",
});

// Compiles Sass: a JSON object {name: source} comes in, {name: css} goes out. Warnings about Bootstrap's own Sass are silenced.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const sass = createRequire(import.meta.url)("./node_modules/sass/sass.node.js");
const here = dirname(fileURLToPath(import.meta.url));
const jobs = JSON.parse(readFileSync(0, "utf8"));
const made = {};
for (const [name, source] of Object.entries(jobs)) {
  made[name] = sass.compileString(source, {
    loadPaths: [join(here, "node_modules")],
    style: "compressed",
    charset: false,
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "mixed-decls", "if-function", "legacy-js-api"],
    logger: sass.Logger.silent,
  }).css;
}
process.stdout.write(JSON.stringify(made));

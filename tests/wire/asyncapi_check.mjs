// Reads an AsyncAPI document on standard input; prints what @asyncapi/parser finds wrong with it.
import { createRequire } from "node:module";
const require = createRequire(process.argv[2] + "/");
const { Parser } = require("@asyncapi/parser");
let text = "";
for await (const piece of process.stdin) text += piece;
const { document, diagnostics } = await new Parser().parse(text);
const errors = diagnostics.filter((each) => each.severity === 0);
for (const each of errors) console.log(each.path.join("."), each.message);
console.log(document ? `valid ${document.version()}` : "invalid");
process.exit(errors.length || !document ? 1 : 0);

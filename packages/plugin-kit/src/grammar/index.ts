/**
 * The grammar of the schemas that plugins write: one answer to whether a literal is in our part of JSON Schema, for the engine and for the contract suites.
 * Pure; everything here takes any value and throws nothing.
 */
export { durationPattern, durationUnits, parseDuration } from "./durations.ts";
export { schemaFaults } from "./faults.ts";
export { partFaults, reservedFields } from "./part.ts";
export { engineOptions, type Kind, kinds, type Parts } from "../plugin.ts";
export { fits } from "./fits.ts";
export { discriminatorOf, type Discriminator } from "./union.ts";

// The published entry point: the command as a value, for tests and for the generated option reference.
export { ownerProgram } from "./program.ts";

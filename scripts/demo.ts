// `npm run demo`: a whole network on this machine runs a real job, one of its workers lies, and everything is checked and paid.
import { interruption } from "./devnet/interruption.ts";

const { signal, code } = interruption();
const { demo } = await import("./demo/command.ts");
const ended = await demo(process.argv.slice(2), signal);
process.exit(signal.aborted ? code() : ended);

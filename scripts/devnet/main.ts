// `starling devnet`: parse, do it, exit code. Signals are caught before anything is started.
import { interruption } from "./interruption.ts";

const { signal, code } = interruption();
const { runDevnet } = await import("./verbs.ts");
const ended = await runDevnet(process.argv.slice(2), signal);
process.exit(signal.aborted ? code() : ended);

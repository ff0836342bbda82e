// What the simulator's commands share: options that are read strictly, and exit code 64 with a sentence where they can't be.
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** `EX_USAGE` of sysexits.h. */
const usageExitCode = 64;

/** The options' values; ends the process with a sentence and how the command is used when one is unknown or lacks its value. */
export function optionsOf<const T extends ParseArgsOptionsConfig>(
  options: T,
  usage: readonly string[],
): ReturnType<typeof parseArgs<{ options: T }>>["values"] {
  try {
    return parseArgs<{ options: T }>({ options }).values;
  } catch (error) {
    const [sentence] = (error instanceof Error ? error.message : String(error)).split(". ");
    return refuse([sentence ?? "", ...usage].join("\n"));
  }
}

/** A whole number of at least `least`; ends the process where the text is none. */
export function wholeNumber(name: string, text: string, least: 0 | 1 = 0): number {
  const number = Number(text);
  if (text !== "" && Number.isSafeInteger(number) && number >= least) return number;
  return refuse(`--${name} takes a whole number${least === 0 ? "" : " above zero"}, not "${text}"`);
}

/** Ends the process: the command line can't be followed. */
export function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(usageExitCode);
}

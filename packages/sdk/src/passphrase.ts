// Where a passphrase comes from: a file descriptor, a file, or a terminal that does not echo. Never an argument: every user of a machine sees those.
import { readFileSync, statSync } from "node:fs";
import { ReadStream } from "node:tty";
import { StarlingError } from "./call-error.ts";

/** Names of the environment's entries; the first that is set counts. */
const descriptorName = "STARLING_PASSPHRASE_FD";
const fileName = "STARLING_PASSPHRASE_FILE";
/** Far more than any passphrase. */
const lengthMax = 1_024;

/** Asks for the passphrase of something; throws `StarlingError` where nobody can be asked. */
export async function askPassphrase(purpose: string): Promise<string> {
  const { [descriptorName]: descriptor, [fileName]: path } = process.env;
  if (descriptor !== undefined) return firstLine(readDescriptor(descriptor), descriptorName);
  if (path !== undefined) return firstLine(readFile(path), path);
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new StarlingError(
      "configuration",
      `${purpose} needs a passphrase, and there is no terminal to ask: set ${fileName} to a file that only you may read, or ${descriptorName} to an open file descriptor`,
    );
  return await prompt(purpose);
}

/** Asks for a new passphrase, twice where a person types it. */
export async function askNewPassphrase(purpose: string): Promise<string> {
  const first = await askPassphrase(purpose);
  const isTyped = process.env[descriptorName] === undefined && process.env[fileName] === undefined;
  if (isTyped && (await askPassphrase(`${purpose}, again`)) !== first)
    throw new StarlingError("configuration", "the two passphrases differ; nothing was written");
  return first;
}

function firstLine(text: string, source: string): string {
  const line = (text.split("\n")[0] ?? "").replace(/\r$/, "");
  if (line === "") throw new StarlingError("configuration", `the passphrase from ${source} is empty`);
  return line;
}

function readDescriptor(text: string): string {
  const descriptor = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  try {
    return readFileSync(descriptor, "utf8");
  } catch (cause) {
    throw new StarlingError("configuration", `${descriptorName} must be the number of an open file descriptor`, {
      cause,
    });
  }
}

function readFile(path: string): string {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new StarlingError("configuration", `there is no passphrase file ${path} (${fileName})`);
  if ((info.mode & 0o077) !== 0)
    throw new StarlingError(
      "configuration",
      `the passphrase file ${path} can be read by others: run chmod 600 ${path}`,
    );
  if (!info.isFile() || info.size > lengthMax)
    throw new StarlingError("configuration", `the passphrase file ${path} must be a regular file with one line`);
  return readFileSync(path, "utf8");
}

const controls = { interrupt: "\u0003", end: "\u0004", erase: "\u007f", backspace: "\b" } as const;

// Raw mode echoes nothing; the terminal is put back whatever happens.
function prompt(purpose: string): Promise<string> {
  const input = process.stdin;
  if (!(input instanceof ReadStream)) throw new StarlingError("configuration", "there is no terminal to ask");
  process.stderr.write(`${purpose}: passphrase? `);
  input.setRawMode(true);
  input.setEncoding("utf8");
  input.resume();
  return new Promise<string>((resolve, reject) => {
    let typed = "";
    const finish = (result: string | StarlingError): void => {
      input.off("data", onData);
      input.setRawMode(false);
      input.pause();
      process.stderr.write("\n");
      if (typeof result === "string") resolve(result);
      else reject(result);
    };
    const onData = (chunk: string): void => {
      for (const character of chunk) {
        if (character === "\r" || character === "\n") {
          finish(typed === "" ? new StarlingError("configuration", "an empty passphrase protects nothing") : typed);
          return;
        }
        if (character === controls.interrupt || character === controls.end) {
          finish(new StarlingError("cancelled", "no passphrase was given"));
          return;
        }
        if (character === controls.erase || character === controls.backspace) typed = typed.slice(0, -1);
        else if (typed.length < lengthMax) typed += character;
      }
    };
    input.on("data", onData);
  });
}

// Where the coordinator is and who calls: flags over STARLING_* environment over the client file that a devnet or an owner wrote.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { connect, loadPayer, type Payer, reasonOf, type StarlingClient, StarlingError } from "@starling/sdk";
import { type OutputFormat, outputFormats } from "./output/format.ts";

/** Options that every command takes. */
export interface CommonOptions {
  readonly home?: string;
  readonly api?: string;
  readonly tokenFile?: string;
  readonly wallet?: string;
  readonly caFile?: string;
  readonly output: string;
  readonly quiet?: boolean;
}

/** The file `client.json` in the home folder. */
export interface ClientFile {
  /** `host:port` of the coordinator's API. */
  readonly api?: string;
  readonly tokenFile?: string;
  /** The payer's key file. */
  readonly wallet?: string;
  /** The network file that receipts are checked against. */
  readonly network?: string;
  readonly caFile?: string;
}

/** The folder of settings and devnets. */
function homeOf(options: Pick<CommonOptions, "home">): string {
  return resolve(options.home ?? process.env.STARLING_HOME ?? join(homedir(), ".starling"));
}

/** What a command works with. */
export class Context {
  readonly options: CommonOptions;
  readonly format: OutputFormat;
  #file: ClientFile | null = null;

  constructor(options: CommonOptions) {
    this.options = options;
    const format = outputFormats.find((one) => one === options.output);
    if (format === undefined)
      throw new StarlingError(
        "invalidArgument",
        `-o takes one of ${outputFormats.join(", ")}, not "${options.output}"`,
      );
    this.format = format;
  }

  get home(): string {
    return homeOf(this.options);
  }

  /** Whether a person reads the output. */
  get isForPeople(): boolean {
    return this.format === "table" || this.format === "wide";
  }

  /** Data, on standard output. */
  print(text: string): void {
    process.stdout.write(this.isForPeople ? printable(text) : text);
  }

  /** Progress, on standard error; nothing with -q. */
  say(text: string): void {
    if (this.options.quiet !== true) process.stderr.write(`${printable(text)}\n`);
  }

  /** Runs with a client and closes it. */
  async withClient<T>(use: (client: StarlingClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  async payer(): Promise<Payer> {
    const path = this.options.wallet ?? process.env.STARLING_WALLET ?? (await this.file()).wallet;
    if (path === undefined)
      throw new StarlingError(
        "configuration",
        `no wallet: name a key file with --wallet, or start a devnet (\`starling devnet up\`), which makes one`,
      );
    return await loadPayer(path);
  }

  /** The client file, empty when there is none. */
  async file(): Promise<ClientFile> {
    if (this.#file !== null) return this.#file;
    const path = join(this.home, "client.json");
    const text = await readFile(path, "utf8").catch(() => "{}");
    this.#file = readClientFile(text, path);
    return this.#file;
  }

  async #connect(): Promise<StarlingClient> {
    const file = await this.file();
    const api = this.options.api ?? process.env.STARLING_API ?? file.api;
    if (api === undefined) {
      throw new StarlingError(
        "configuration",
        "no coordinator is known: start a devnet (`starling devnet up`), or name one with --api HOST:PORT and --token-file FILE",
      );
    }
    const tokenFile = this.options.tokenFile ?? process.env.STARLING_TOKEN_FILE ?? file.tokenFile;
    const token = process.env.STARLING_TOKEN ?? (tokenFile === undefined ? "" : await readToken(tokenFile));
    const caFile = this.options.caFile ?? process.env.STARLING_CA_FILE ?? file.caFile;
    return connect({
      address: api,
      token,
      rootCertificates: caFile === undefined ? null : await readCertificates(caFile),
    });
  }
}

function readClientFile(text: string, path: string): ClientFile {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw new StarlingError("configuration", `${path} is not JSON; mend it or delete it`, { cause });
  }
  if (typeof found !== "object" || found === null || Array.isArray(found))
    throw new StarlingError("configuration", `${path} is not a JSON object; mend it or delete it`);
  for (const [key, value] of Object.entries(found)) {
    if (typeof value === "string") continue;
    throw new StarlingError("configuration", `${path}: "${key}" must be text; mend it or delete the file`);
  }
  return found;
}

// Programs and machines of strangers speak here: what they say must not drive the terminal.
function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/[^\P{Cc}\n\t]/gu, "\u{fffd}");
}

async function readCertificates(path: string): Promise<Buffer> {
  return await readFile(path).catch((cause: unknown) => {
    throw new StarlingError("configuration", `cannot read the certificates ${path}: ${reasonOf(cause)}`, { cause });
  });
}

async function readToken(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StarlingError(
      "configuration",
      `cannot read the token file ${path}: only the coordinator's user may read it, while the coordinator runs`,
      { cause },
    );
  });
  const token = text.trim();
  // A wrong file must not end up in an error, whatever it holds.
  if (!/^[\x21-\x7e]{1,1024}$/.test(token))
    throw new StarlingError(
      "configuration",
      `the token file ${path} does not hold a token, which is one word on one line`,
    );
  return token;
}

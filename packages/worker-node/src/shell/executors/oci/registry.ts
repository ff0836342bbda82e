// A registry's HTTP interface, read without credentials: manifests and blobs by digest, with failures told apart by whose they are.
import type { ImageName } from "@starling/protocol";
import { isPublic } from "./hosts/addresses.ts";
import { type HttpAnswer, httpGet } from "./http-get.ts";
import { type Descriptor, Refused } from "./manifest.ts";

/** The registry can't be reached, or does not answer as one: this machine may be the only one that fares so. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
}

/** Whoever accepts a connection and then says nothing is given up. */
const ANSWER_TIMEOUT_MS = 30_000;
const REDIRECTS_MAX = 5;
const TOKEN_LENGTH_MAX = 65_536;

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Registries on the machine itself speak plain HTTP, as Docker has it; what arrives is checked against digests anyway. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3})(:\d+)?$/;

/** Where a registry is asked, as addresses are compared: without the port that goes without saying. */
export function originOf(registry: string): string {
  return new URL(`${LOOPBACK.test(registry) ? "http" : "https"}://${registry}`).origin;
}

interface Answer extends HttpAnswer {
  /** It is the registry itself that answers. */
  readonly isHome: boolean;
}

/** One repository. The signal ends whatever is under way. */
export class Repository {
  readonly #name: ImageName;
  readonly #origin: string;
  readonly #signal: AbortSignal;
  #token: string | null = null;

  constructor(name: ImageName, signal: AbortSignal) {
    this.#name = name;
    this.#origin = originOf(name.registry);
    this.#signal = signal;
  }

  /** The bytes of a manifest or an index as they come. Throws `RegistryError`, or `Refused` where the registry has none for us. */
  manifest({ digest }: Pick<Descriptor, "digest">): AsyncIterable<Uint8Array> {
    return this.#get(`manifests/${digest}`, manifestTypes);
  }

  /** The same of a configuration or a layer. */
  blob({ digest }: Pick<Descriptor, "digest">): AsyncIterable<Uint8Array> {
    return this.#get(`blobs/${digest}`, "*/*");
  }

  async *#get(path: string, accept: string): AsyncGenerator<Uint8Array> {
    const url = `${this.#origin}/v2/${this.#name.repository}/${path}`;
    let answer = await this.#ask(url, accept);
    const challenge = answer.headers["www-authenticate"];
    if (answer.status === 401 && answer.isHome && this.#token === null && challenge !== undefined) {
      answer.body.destroy();
      this.#token = await this.#anonymousToken(challenge);
      answer = await this.#ask(url, accept);
    }
    yield* this.#bodyOf(answer);
  }

  async *#bodyOf({ status, isHome, body }: Answer): AsyncGenerator<Uint8Array> {
    if (status !== 200) {
      body.destroy();
      throw this.#failure(status, isHome);
    }
    try {
      for await (const piece of body) yield piece;
    } catch (error) {
      throw this.#unreachable(error, isHome);
    }
  }

  /** Follows redirects, as registries answer with for blobs; never from an encrypted address to a plain one. */
  async #ask(url: string, accept: string): Promise<Answer> {
    let at = new URL(url);
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
      const isHome = at.origin === this.#origin;
      const authorization = isHome && this.#token !== null ? { authorization: `Bearer ${this.#token}` } : {};
      const answer = await this.#askAt(at, { accept, ...authorization });
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
      answer.body.destroy();
      at = this.#trusted(location, at);
    }
    throw new RegistryError(`the registry ${this.#name.registry} sends us from place to place`);
  }

  /** Where registries want to know anybody at all, they give out tokens to nobody in particular. */
  async #anonymousToken(challenge: string): Promise<string | null> {
    const part = (name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
    const realm = part("realm");
    if (!/^bearer /i.test(challenge) || realm === undefined) return null;
    const url = this.#trusted(realm, new URL(this.#origin));
    url.searchParams.set("scope", `repository:${this.#name.repository}:pull`);
    const service = part("service");
    if (service !== undefined) url.searchParams.set("service", service);
    const answer = await this.#askAt(url, { accept: "application/json" });
    // Who gives tokens to nobody says of the registry that it does not.
    if (answer.status === 401 || answer.status === 403) {
      answer.body.destroy();
      throw this.#failure(answer.status, true);
    }
    let text = "";
    for await (const piece of this.#bodyOf(answer)) {
      text += Buffer.from(piece).toString("latin1");
      if (text.length > TOKEN_LENGTH_MAX) return null;
    }
    return /"(?:access_)?token"\s*:\s*"([\w.~+/=-]+)"/.exec(text)?.[1] ?? null;
  }

  #trusted(location: string, base: URL): URL {
    const url = URL.canParse(location, base.href) ? new URL(location, base) : null;
    if (url === null || (url.protocol !== "https:" && url.origin !== this.#origin))
      throw new RegistryError(`the registry ${this.#name.registry} sends us to a place that is not encrypted`);
    return url;
  }

  /** Where the registry sends us is its word alone: no way into the network of the machine's owner. */
  async #askAt(url: URL, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const isHome = url.origin === this.#origin;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("it does not answer")), ANSWER_TIMEOUT_MS);
    try {
      const signal = AbortSignal.any([this.#signal, late.signal]);
      // Blobs are packed as they are; a second packing would hide their size.
      const wanted = { ...headers, "accept-encoding": "identity" };
      const allows = isHome ? () => true : isPublic;
      return { ...(await httpGet({ url, headers: wanted, allows, signal })), isHome };
    } catch (error) {
      throw this.#unreachable(error, isHome);
    } finally {
      clearTimeout(timer);
    }
  }

  #unreachable(error: unknown, isHome: boolean): Error {
    if (this.#signal.aborted) return new RegistryError(`the registry ${this.#name.registry} took too long`);
    // Whoever chose the place is told nothing of what is there.
    if (!isHome)
      return new RegistryError(`where the registry ${this.#name.registry} sends us can't be reached from here`);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const reason = code === "" && cause instanceof Error ? cause.message : code;
    return new RegistryError(`the registry ${this.#name.registry} can't be reached from here (${reason})`);
  }

  #failure(status: number, isHome: boolean): Error {
    const { registry, repository, digest } = this.#name;
    // A place of storage may know neither the repository nor who may have it.
    if (!isHome) return new RegistryError(`where the registry ${registry} sends us answers with status ${status}`);
    const isPassing = true;
    if (status === 404)
      return new Refused("badProgram", `the registry ${registry} has no ${repository}@${digest}`, { isPassing });
    if (status === 401 || status === 403) {
      const message = `the registry ${registry} does not give ${repository}@${digest} to everybody, and workers have no credentials; use an archive: docker save`;
      return new Refused("badProgram", message, { isPassing });
    }
    return new RegistryError(`the registry ${registry} answers with status ${status}`);
  }
}

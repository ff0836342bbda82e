// One GET over HTTP, which follows nothing by itself and connects to the addresses that its caller allows.
import { lookup } from "node:dns";
import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { request as encryptedRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";

/** What is asked for. */
export interface Question {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it may be connected to an address; asked of each that a name resolves to, so that what was looked at is what is connected to. */
  readonly allows: (address: string) => boolean;
  /** Ends it, also while the body comes. */
  readonly signal: AbortSignal;
}

/** An answer; its body is read to its end or destroyed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

/** Resolves with the answer's head; rejects where there is none. */
export function httpGet({ url, headers, allows, signal }: Question): Promise<HttpAnswer> {
  const request = url.protocol === "https:" ? encryptedRequest : plainRequest;
  return new Promise((resolve, reject) => {
    // No name is resolved where an address stands in its place.
    const literal = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(literal) !== 0 && !allows(literal)) throw new Error("its address is not allowed");
    // Connections are not kept: nobody else can be given one that was allowed to him alone.
    const options = { headers, signal, agent: false, lookup: lookupOf(allows) };
    const asked = request(url, options, (body) =>
      resolve({ status: body.statusCode ?? 0, headers: body.headers, body }),
    );
    asked.on("error", reject);
    asked.end();
  });
}

function lookupOf(allows: (address: string) => boolean): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const fit = error === null ? found.filter(({ address }) => allows(address)) : [];
      const [first] = fit;
      if (first === undefined) callback(error ?? new Error("its address is not allowed"), []);
      else if (options.all === true) callback(null, fit);
      else callback(null, first.address, first.family);
    });
  };
}

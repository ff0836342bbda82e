// Where the thread codec lies, with what it is to check messages against: a thread gets its settings through the URL of its module.
import type { Address, SigningDomain } from "@starling/protocol";

/** What messages are checked against inside the network thread. */
export interface ThreadCodecSettings {
  readonly domain: SigningDomain;
  readonly networkId: string;
  /** Who we are: a coordinator reads what workers say, and a worker the other way round. */
  readonly role: "worker" | "coordinator";
  /** Our own account; a voucher for anybody else is refused. */
  readonly account: Address;
}

/** The file URL for `NetworkOptions.codecModule`. */
export function threadCodecUrl(settings: ThreadCodecSettings): string {
  // The compiler does not rewrite this path, so the extension follows that of this file.
  const file = import.meta.url.endsWith(".ts") ? "./thread-codec.ts" : "./thread-codec.js";
  const url = new URL(file, import.meta.url);
  url.searchParams.set("settings", JSON.stringify(settings));
  return url.href;
}

/** The settings in the URL of a codec module; throws for a URL that `threadCodecUrl` did not make. */
export function threadCodecSettings(moduleUrl: string): ThreadCodecSettings {
  const text = new URL(moduleUrl).searchParams.get("settings");
  if (text === null) throw new TypeError("the codec module was loaded without its settings; use threadCodecUrl");
  // Written by `threadCodecUrl` in the same process, so its shape is known.
  return JSON.parse(text) as ThreadCodecSettings;
}

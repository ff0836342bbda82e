// A codec for tests: one letter says what is to become of a frame, a message or a record.

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

export function decode(protocol: string, frame: Uint8Array, from: string): unknown {
  if (frame[0] === "!".charCodeAt(0)) throw new Error("not a test frame");
  // The thread's end, as a crash inside libp2p would bring it about.
  if (frame[0] === "X".charCodeAt(0)) process.exit(3);
  return { protocol, from, first: frame[0], payload: frame.subarray(1) };
}

export function validateGossip(_topic: string, from: string, data: Uint8Array) {
  if (data[0] === "!".charCodeAt(0)) return "reject" as const;
  if (data[0] === "?".charCodeAt(0)) return "ignore" as const;
  return { verdict: "accept" as const, decoded: { from, text: text(data) } };
}

/** Test records are `<peerId>:<sequence>`. */
export function validateRecord(key: string, value: Uint8Array): number {
  const [owner, sequence] = text(value).split(":");
  if (key !== `/starling-worker/${owner}` || sequence === undefined) throw new Error("not a test record");
  return Number(sequence);
}

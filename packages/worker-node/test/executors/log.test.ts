// Logs and progress: nothing is lost before the cap, nothing floods the daemon.
import { describe, expect, test } from "vitest";
import type { RunProgress } from "../../src/shell/executors/executor.ts";
import { LogStream, ProgressLines } from "../../src/shell/executors/wasm/inside/log.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a log", () => {
  const streamOf = (bytesMax: number) => {
    const sent: string[] = [];
    let now = 0;
    const stream = new LogStream({
      bytesMax,
      send: (bytes) => sent.push(new TextDecoder().decode(bytes)),
      clock: () => now,
    });
    const wait = (ms: number): void => {
      now += ms;
    };
    return { stream, sent, wait };
  };

  test("passes on the first writes one by one, then in batches by size and age", () => {
    const { stream, sent, wait } = streamOf(1_000_000);
    for (let i = 0; i < 64; i += 1) stream.take(encode("."));
    expect(sent).toHaveLength(64);
    for (let i = 0; i < 100; i += 1) stream.take(encode("."));
    expect(sent).toHaveLength(64);
    wait(20);
    stream.take(encode("!"));
    expect(sent[64]).toBe(`${".".repeat(100)}!`);
    stream.take(encode("x".repeat(4_096)));
    expect(sent).toHaveLength(66);
  });

  test("is whole at the end, with what was dropped counted once", () => {
    const { stream, sent } = streamOf(100);
    for (let i = 0; i < 100; i += 1) stream.take(encode("ab"));
    stream.end();
    expect(sent.join("")).toBe(`${"ab".repeat(50)}\n[100 more bytes of log were dropped]\n`);
  });

  test("says nothing when there is nothing", () => {
    const { stream, sent } = streamOf(100);
    stream.end();
    expect(sent).toEqual([]);
  });
});

describe("progress", () => {
  const linesOf = () => {
    const seen: RunProgress[] = [];
    let now = 0;
    const lines = new ProgressLines(
      (progress) => seen.push(progress),
      () => now,
    );
    const wait = (ms: number): void => {
      now += ms;
    };
    return { lines, seen, wait };
  };

  test("is passed on at most every 50 ms, the newest in the end", () => {
    const { lines, seen, wait } = linesOf();
    for (let done = 1; done <= 5; done += 1) lines.take(encode(`{"done":${done},"total":9}\n`));
    expect(seen.map(({ done }) => done)).toEqual([1]);
    wait(50);
    lines.take(encode('{"done":6,"total":9}\n{"done":7,"total":9}\n'));
    expect(seen.map(({ done }) => done)).toEqual([1, 6]);
    lines.flush();
    lines.flush();
    expect(seen.map(({ done }) => done)).toEqual([1, 6, 7]);
  });

  test("may come in pieces; what is malformed or too long is ignored", () => {
    const { lines, seen } = linesOf();
    lines.take(encode(`${"x".repeat(2_000)}\n[1]\nnull\n{"done":"1","total":2}\n{"done":1e999,"total":2}\n{"do`));
    lines.take(encode('ne":1,"total":2,"metric":"high"}\n'));
    lines.flush();
    expect(seen).toEqual([{ done: 1, total: 2 }]);
  });
});

// The inbox is a queue with two bounds; nothing is lost or overtaken, however long it gets.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Inbox } from "../../src/engine/inbox.ts";

describe("Inbox", () => {
  it("behaves like two counters and one queue", () => {
    const steps = fc.array(fc.oneof(fc.constantFrom("offer", "feedback", "take"), fc.constant("take")), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const inbox = new Inbox<number>({ outside: 5, feedback: 7 });
        const model: { readonly input: number; readonly outside: boolean }[] = [];
        all.forEach((step, input) => {
          const waiting = model.filter(({ outside }) => outside === (step === "offer")).length;
          if (step === "take") expect(inbox.take()?.input).toBe(model.shift()?.input);
          else {
            const taken = step === "offer" ? inbox.offer({ input }) : inbox.feedback(input);
            expect(taken).toBe(waiting < (step === "offer" ? 5 : 7));
            if (taken) model.push({ input, outside: step === "offer" });
          }
          expect(inbox.size).toBe(model.length);
        });
      }),
    );
  });

  it("keeps its order over thousands of inputs", () => {
    const inbox = new Inbox<number>({ outside: 10_000, feedback: 1 });
    let next = 0;
    for (let input = 0; input < 9_000; input += 1) {
      inbox.offer({ input });
      // Two in, one out: the queue grows while it is read.
      if (input % 2 === 1) expect(inbox.take()?.input).toBe(next++);
    }
    for (let entry = inbox.take(); entry !== undefined; entry = inbox.take()) expect(entry.input).toBe(next++);
    expect(next).toBe(9_000);
  });
});

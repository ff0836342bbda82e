// What virtual programs give: text that stands for the bytes of an output.
import { type ArtifactRef, type Hash, keccakText } from "@starling/protocol";

/** The right output of a task: what every honest machine computes. */
export function rightContent(taskSpec: Hash): string {
  return `right ${taskSpec}`;
}

/** The one output of a virtual run. */
export function outputsOf(content: string): ArtifactRef[] {
  return [{ name: "out", cid: `cid:${keccakText(content).slice(2)}`, size: 10 }];
}

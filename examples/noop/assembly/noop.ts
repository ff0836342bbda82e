// Does nothing and proves it with one byte: what a task costs without its work.
import { writeFile } from "../../assembly/wasi";

export function _start(): void {
  const content = new ArrayBuffer(1);
  store<u8>(changetype<usize>(content), 0x31);
  writeFile("out/done", content);
}

// Grows its memory until it is refused, and writes how many MiB it got.
import { writeFile } from "../../assembly/wasi";

export function _start(): void {
  while (memory.grow(16) >= 0) {}
  writeFile("out/mebibytes", String.UTF8.encode((memory.size() >> 4).toString()));
}

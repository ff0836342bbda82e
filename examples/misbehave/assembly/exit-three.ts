// Ends with code 3 after saying why, as programs do that can't go on.
import { exit, write } from "../../assembly/wasi";

export function _start(): void {
  write(2, String.UTF8.encode("this program always fails\n"));
  exit(3);
}

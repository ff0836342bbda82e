// Shell scripts for the compliance suite, each does what its name says.
import type { CompliancePrograms } from "./compliance.ts";
import { script } from "./support.ts";

/** The suite's programs as processes. */
export const processPrograms: CompliancePrograms = {
  copy: (name) => script(`cat /in/${name} > /out/copy || exit 1\ncat /in/${name}`),
  describe: script("tail -c +9 /proc/$$/cmdline > /out/args\ncat /proc/$$/environ > /out/env"),
  progress: (text) => script(`printf '%s' '${text}' > /progress\nprintf 1 > /out/done`),
  hangs: script("echo hello\nwhile :; do :; done"),
  exits: script("echo hello\nexit 7"),
  traps: script("echo hello\nkill -SEGV $$"),
  says: script("echo hello"),
  recurses: script("f() { f; }\nf"),
  recursionEnds: "exit",
  environment: ["PATH=/usr/bin:/bin", "HOME=/tmp", "LC_ALL=C.UTF-8", "OMP_NUM_THREADS=1", "PYTHONHASHSEED=0"],
  manyFiles: (count) => script(`i=0; while [ $i -lt ${count} ]; do i=$((i + 1)); : > /out/file-$i; done`),
  garbage: new TextEncoder().encode("this is not a program"),
};

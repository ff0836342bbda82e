// Images for the compliance suite, each does what its name says.
import type { CompliancePrograms } from "./compliance.ts";
import { shellImage } from "./oci-images.ts";

/** The suite's programs as images. */
export const ociPrograms: CompliancePrograms = {
  copy: (name) => shellImage(`cat /in/${name} > /out/copy || exit 1\ncat /in/${name}`),
  describe: shellImage("tail -c +9 /proc/$$/cmdline > /out/args\ncat /proc/$$/environ > /out/env"),
  progress: (text) => shellImage(`printf '%s' '${text}' > /progress\nprintf 1 > /out/done`),
  hangs: shellImage("echo hello\nwhile :; do :; done"),
  exits: shellImage("echo hello\nexit 7"),
  traps: shellImage("echo hello\nkill -SEGV $$"),
  says: shellImage("echo hello"),
  recurses: shellImage("f() { f; }\nf"),
  recursionEnds: "trap",
  environment: [...["PATH=/usr/bin:/bin", "HOME=/tmp", "OMP_NUM_THREADS=1", "PYTHONHASHSEED=0"], "HOSTNAME=task"],
  manyFiles: (count) => shellImage(`i=0; while [ $i -lt ${count} ]; do i=$((i + 1)); : > /out/file-$i; done`),
  garbage: new TextEncoder().encode("this is not a program"),
};

// A program that counts for as long as it is told, and keeps to the convention of checkpoints.
import { script } from "./support.ts";

/** Its one argument is the number of steps; every tenth, and the one in which SIGTERM came, is kept. */
export const counting = script(`
step=\${RESUME_STEP:-0}
value=start
[ "$step" -gt 0 ] && value=$(cat /ckpt/$step/deep/state)
stopping=
trap 'stopping=1' TERM
while [ "$step" -lt "$1" ]; do
  step=$((step + 1))
  value=$(echo "$value $step" | cksum)
  if [ $((step % 10)) = 0 ] || [ -n "$stopping" ]; then
    mkdir -p /ckpt/$step/deep
    echo "$value" > /ckpt/$step/deep/state
    echo '{"files": ["deep/state"]}' > /ckpt/$step/manifest.tmp
    mv /ckpt/$step/manifest.tmp /ckpt/$step/manifest.json
    echo "{\\"done\\":$step,\\"total\\":$1}" > /progress
  fi
  [ -n "$stopping" ] && exit 3
done
echo "$value" > /out/value
`);

/** More steps than anybody waits for. */
export const ENDLESS = "100000000";

// What this machine does in a second: the same figures that a worker tells its coordinators.
import { formatMeasurements, measurementsAfter } from "@starling/protocol";
import { type MeasureOptions, measureMachine } from "../measure/measure-machine.ts";
import { type Finding, ok, warning, wordsOf } from "./finding.ts";

/** Measures it once; the buckets are those of this one time. */
export async function checkMeasurements(
  { dataDir, cores }: Pick<MeasureOptions, "dataDir" | "cores">,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const figures = await measureMachine({ dataDir, cores, signal });
    return ok("measured", formatMeasurements(measurementsAfter({}, figures)).join(", "));
  } catch (error) {
    return warning("measured", wordsOf(error), `see whether ${dataDir} can be written, then run the doctor again`);
  }
}

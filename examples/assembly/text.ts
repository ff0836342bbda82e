// Numbers as text with a fixed number of decimals: the same bytes on every machine.

/** A number with that many decimals (at most 9), rounded half away from zero. Its magnitude must be below 10^9. */
export function fixed(value: f64, decimals: i32): string {
  let scale: i64 = 1;
  for (let i = 0; i < decimals; i += 1) scale *= 10;
  const scaled = <i64>(Math.abs(value) * <f64>scale + 0.5);
  const whole = (scaled / scale).toString();
  const sign = value < 0 && scaled > 0 ? "-" : "";
  if (decimals == 0) return sign + whole;
  return sign + whole + "." + (scaled % scale).toString().padStart(decimals, "0");
}

/** The number that follows `"key":` in a flat JSON object, or NaN. */
export function numberOf(json: string, key: string): f64 {
  const label = '"' + key + '":';
  const at = json.indexOf(label);
  if (at < 0) return NaN;
  const from = at + label.length;
  let to = from;
  while (to < json.length && json.charCodeAt(to) != 0x2c && json.charCodeAt(to) != 0x7d) to += 1;
  return parseFloat(json.substring(from, to).trim());
}

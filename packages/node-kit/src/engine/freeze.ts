// Freezing of plain data, so that tests notice a state that shares and changes an object of a fact.

/** Freezes the value and all that it holds. Maps and sets are left as they are: freezing does not stop their methods. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}

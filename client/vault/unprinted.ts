/**
 * A copy of which some fields are there and not printed: neither JSON nor `util.inspect` has them, nor a copy of the copy.
 *
 * @param names - the fields that are secrets, or lead to one.
 */
export function unprinted<T extends object>(thing: T, ...names: readonly (keyof T)[]): T {
  const copy = { ...thing };
  for (const name of names) Object.defineProperty(copy, name, { enumerable: false });
  return copy;
}

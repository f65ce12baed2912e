/**
 * Who is let in: changed grants. An entry of its own, which nobody who reads or writes a vault
 * loads.
 *
 * @module
 */
export { change, type Changed, type ChangeRequest } from "./vault/change.ts";

/**
 * Who is let in: changed grants, and devices of the owner. An entry of its own, which nobody who reads or writes a vault
 * loads.
 *
 * @module
 */
export { welcomeFile, welcomeText } from "./crypto/welcome-text.ts";
export { change, type Changed, type ChangeRequest } from "./vault/change.ts";
export { addDevice, devices, type DeviceEntry, type DeviceRequest } from "./vault/devices.ts";

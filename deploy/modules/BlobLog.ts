import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The store that keeps blobs in the chain's logs. */
export default buildModule("BlobLog", (m) => ({ blobLog: m.contract("BlobLog") }));

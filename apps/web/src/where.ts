/** Whether a path is that of a gateway which shows everybody's pages at one name, and so with one storage. */
export const isPathGateway = (path: string): boolean => /^\/ip[fn]s\//.test(path);

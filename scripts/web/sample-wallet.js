// A wallet for trying things out: it signs whatever it is asked to, with accounts that the local chain holds the keys of.
// Served by `npm run web` alone; it is no part of the app.
(() => {
  /** @type {{ rpc: string, chainId: string, accounts: string[] }} */
  const { rpc, chainId, accounts } = JSON.parse("__WALLET__");
  const id = `0x${Number(chainId).toString(16)}`;
  const listeners = new Map();

  const refusal = (code, message) => Object.assign(new Error(message), { code });

  async function node(method, params) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const answer = await fetch(rpc, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const { result, error } = await answer.json();
    if (error) throw Object.assign(refusal(error.code, error.message), { data: error.data });
    return result;
  }

  const own = {
    eth_accounts: () => accounts,
    eth_requestAccounts: () => accounts,
    eth_chainId: () => id,
    net_version: () => chainId,
    wallet_requestPermissions: () => [{ parentCapability: "eth_accounts" }],
    wallet_getPermissions: () => [{ parentCapability: "eth_accounts" }],
    wallet_switchEthereumChain([{ chainId: wanted }]) {
      if (wanted !== id) throw refusal(4902, `This wallet knows the chain ${id} only.`);
      return null;
    },
    wallet_addEthereumChain([{ chainId: wanted }]) {
      if (wanted !== id) throw refusal(4902, `This wallet knows the chain ${id} only.`);
      return null;
    },
  };

  const provider = {
    async request({ method, params = [] }) {
      return method in own ? own[method](params) : node(method, params);
    },
    on(event, listener) {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      return provider;
    },
    removeListener(event, listener) {
      listeners.set(
        event,
        (listeners.get(event) ?? []).filter((each) => each !== listener),
      );
      return provider;
    },
  };

  const icon =
    "data:image/svg+xml," +
    encodeURIComponent(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#3f7d58"/>' +
        '<path d="M7 11h18v13H7z M7 11l13-4v4" fill="none" stroke="#fff" stroke-width="2"/></svg>',
    );
  const info = Object.freeze({
    uuid: "5a9d3a44-7f3c-4b0f-8a55-0d3f5d7c1e01",
    name: "Sample wallet",
    icon,
    rdns: "local.memory-vault.sample",
  });
  const announce = () =>
    dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  addEventListener("eip6963:requestProvider", announce);
  announce();
})();

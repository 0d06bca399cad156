// What was filled in without network: kept in this phone until the server has it, each under a key of its own.
// The server keeps one row for a key, so to send once more does no harm.

const NAME = "chief", STORE = "outbox";
const PATIENCE = 30_000; // a line that is this slow is no line; the key makes it safe to send once more

/** Ask the server for a small answer; throws when there is no network or none to speak of. */
export const ask = (address, options = {}) => fetch(address, {
  ...options, headers: { Accept: "application/json" }, signal: AbortSignal.timeout ? AbortSignal.timeout(PATIENCE) : undefined,
});

function open() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

async function work(mode, act) {
  const base = await open();
  try {
    return await new Promise((done, fail) => {
      const step = base.transaction(STORE, mode);
      const asked = act(step.objectStore(STORE));
      step.oncomplete = () => done(asked && asked.result);
      step.onerror = step.onabort = () => fail(step.error);
    });
  } finally {
    base.close();
  }
}

export const put = (entry) => work("readwrite", (store) => store.put(entry));
export const remove = (key) => work("readwrite", (store) => store.delete(key));
export const clear = () => work("readwrite", (store) => store.clear());

/** What one chief has waiting, the oldest first. */
export async function all(owner) {
  const found = await work("readonly", (store) => store.getAll());
  return found.filter((entry) => entry.owner === owner).sort((a, b) => a.at - b.at);
}

/** A random UUID; crypto.randomUUID exists on secure pages only. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const text = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}

/** Send one entry with a fresh token: {next}, or a refusal {problem}; throws while there is no network. */
async function send(entry, csrf) {
  const form = new FormData();
  for (const [name, value] of entry.fields) {
    if (value instanceof Blob) form.append(name, value, "photo.jpg");
    else form.append(name, value);
  }
  form.set("csrf_token", csrf);
  const answer = await ask(entry.action, { method: "POST", body: form });
  if ([400, 401, 429].includes(answer.status) || answer.status >= 500) throw new Error("later");
  const told = await answer.json();
  return answer.ok ? { next: told.next } : { problem: told.sentence };
}

/** Try everything that waits; gives {key: outcome}. A refused entry stays, with the reason, for the person to decide. */
export async function flush(owner, stateUrl) {
  const outcomes = {};
  const waiting = (await all(owner)).filter((entry) => !entry.problem);
  if (!waiting.length) return outcomes;
  const state = await ask(stateUrl);
  if (!state.ok) throw new Error("later");
  const { chief, csrf } = await state.json();
  if (chief !== owner) return outcomes;
  for (const entry of waiting) {
    const outcome = await send(entry, csrf);
    outcomes[entry.key] = outcome;
    if (outcome.problem) await put({ ...entry, problem: outcome.problem });
    else await remove(entry.key);
  }
  return outcomes;
}

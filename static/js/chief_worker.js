// Between a chief's pages and the network: styles and scripts from this phone; of pages only the forms to fill in without network.

const CODE = "chief-code-1", FORMS = "chief-forms-1";
const OFFLINE = "/chief/offline", DOOR = "/chief/sign-in";
const PATIENCE = 5000;
const KEPT = ["/chief/report", "/chief/visits/new", OFFLINE];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (event.data.keep) event.waitUntil(keep(event.data.keep));
  if (event.data.forget) event.waitUntil(caches.delete(FORMS));
});

/** What this release needs, and nothing of releases before; the forms anew once an hour, as a weak network allows. */
async function keep(assets) {
  const code = await caches.open(CODE), forms = await caches.open(FORMS);
  for (const request of await code.keys()) if (!assets.includes(request.url)) await code.delete(request);
  let isNew = false;
  for (const address of assets) {
    if (await code.match(address)) continue;
    isNew = true;
    await code.add(address).catch(() => {});
  }
  const kept = await forms.match(OFFLINE), made = kept && Date.parse(kept.headers.get("Date"));
  if (!isNew && made > Date.now() - 3_600_000) return;
  for (const path of KEPT) {
    const answer = await fetch(path).catch(() => null);
    if (answer && answer.ok && !answer.redirected) await forms.put(path, answer);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (address.pathname.startsWith("/static/")) event.respondWith(code(request));
  else if (request.mode === "navigate" && address.pathname.startsWith("/chief/")) event.respondWith(page(request, address));
});

/** A file with its digest in the address never changes; others are fetched while there is a network. */
async function code(request) {
  const kept = await caches.match(request);
  if (kept && new URL(request.url).searchParams.has("v")) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** The page from the network; a form that is kept does not wait long for a weak one. */
async function page(request, address) {
  const forms = await caches.open(FORMS);
  const kept = await forms.match(address.pathname);
  const fetched = fetch(request).then(async (answer) => {
    if (new URL(answer.url || request.url).pathname === DOOR) await caches.delete(FORMS);
    return answer;
  });
  try {
    return await (kept && !address.search ? Promise.race([fetched, after(PATIENCE)]) : fetched);
  } catch {
    return kept || (await forms.match(OFFLINE)) || Response.error();
  }
}

const after = (time) => new Promise((_, fail) => setTimeout(() => fail(new Error("slow")), time));

/**
 * @file Keeps what has been fetched of this page, so that it works offline after the first load. Files with a hash in their name
 * never change; the page itself is fetched anew where the network has it. What a server of runs answers is not kept.
 */

const worker = self as unknown as ServiceWorkerGlobalScope;

/** Names of the build's files, without the runtime's 14 MB; the build writes them here. */
const files = "__FILES__" as unknown as readonly string[];

/** Another build has another one. */
const CACHE = `esnas-studio ${"__BUILD__"}`;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(["./", ...files]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(dropEarlier().then(() => worker.clients.claim()));
});

/** What earlier builds have kept. */
async function dropEarlier(): Promise<void> {
  const names = await caches.keys();
  const earlier = names.filter((name) => name.startsWith("esnas-studio ") && name !== CACHE);
  await Promise.all(earlier.map((name) => caches.delete(name)));
}

/** Files of the build, which have a hash in their name. */
function isHashed({ pathname }: URL): boolean {
  return pathname.includes("/assets/");
}

async function kept(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request);
  if (known !== undefined) return known;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

async function fresh(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const known = await cache.match(request, { ignoreSearch: true });
    if (known !== undefined) return known;
    throw error;
  }
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin || url.pathname.includes("/api/")) return;
  event.respondWith(isHashed(url) ? kept(request) : fresh(request));
});

// Talks to the server that the page came from.

const KEY = 'rione.token';

let renewed = Promise.withResolvers();

/** The token lives as long as the tab; renewed() waits for another. */
export const token = {
  get: () => sessionStorage.getItem(KEY) ?? '',
  set(t) {
    if (t) sessionStorage.setItem(KEY, t);
    else sessionStorage.removeItem(KEY);
    renewed.resolve();
    renewed = Promise.withResolvers();
  },
  renewed: () => renewed.promise,
};

function headers(more = {}) {
  const t = token.get();
  return t ? { ...more, Authorization: `Bearer ${t}` } : more;
}

/** A problem document of the server. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || `HTTP ${status}`);
    this.status = status;
    this.errors = body?.errors ?? [];
  }
}

async function answer(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  throw new Problem(response.status, await response.json().catch(() => null));
}

const query = (parameters) => {
  const used = Object.entries(parameters).filter(([, v]) => v !== undefined && v !== null && v !== '');
  return used.length ? `?${new URLSearchParams(used)}` : '';
};

export const get = async (path, parameters = {}, signal = undefined) =>
  answer(await fetch(path + query(parameters), { headers: headers(), signal }));

export const postFile = async (path, type, body) =>
  answer(await fetch(path, { method: 'POST', headers: headers({ 'Content-Type': type }), body }));

export const post = (path, body) => postFile(path, 'application/json', JSON.stringify(body));

/** Changes a device that nobody changed since it was read. */
export const postAt = async (path, revision, body) => answer(await fetch(path, {
  method: 'POST', headers: headers({ 'Content-Type': 'application/json', 'If-Match': `"${revision}"` }), body: JSON.stringify(body),
}));

/** All pages of a list; each page is given to f. */
export async function pages(path, parameters, f) {
  let cursor = '';
  do {
    const page = await get(path, { ...parameters, cursor });
    f(page);
    cursor = page.next ?? '';
  } while (cursor);
}

/**
 * Follows the live feed for ever: fetch instead of EventSource, which cannot
 * send a token. on.latest gets devices, on.reset says to load anew, on.link
 * tells whether there is a connection.
 */
export async function follow(path, on) {
  let last = '';
  for (let wait = 1000; ; wait = Math.min(wait * 2, 15000)) {
    let refused = null;
    try {
      for await (const event of stream(path, last ? { 'Last-Event-ID': last } : {}, undefined, () => on.link(true))) {
        wait = 1000;
        if (event.id) last = event.id;
        if (event.type === 'latest') on.latest(JSON.parse(event.data));
        if (event.type === 'event') on.event?.(JSON.parse(event.data));
        if (event.type === 'reset') on.reset();
      }
    } catch (e) {
      if (e.status === 401) refused = token.renewed(); // trying again with the same one is of no use
      if (refused) on.refused?.(e);
    }
    on.link(false);
    await (refused ?? new Promise((resolve) => setTimeout(resolve, wait * (0.75 + Math.random() / 2))));
  }
}

/** The events of an address, as they come; begun() is called when it answers. */
export async function* stream(path, more = {}, signal = undefined, begun = () => {}) {
  const response = await fetch(path, { headers: headers(more), cache: 'no-store', signal });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null));
  begun();
  yield* events(response.body);
}

/** The events of a text/event-stream. */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) yield event(block);
  }
}

function event(block) {
  const e = { type: '', id: '', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    const [name, value] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
    if (name === 'event') e.type = value;
    if (name === 'id') e.id = value;
    if (name === 'data') e.data += value;
  }
  return e;
}

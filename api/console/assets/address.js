// What the address says: which view, what in it, which devices are chosen. A
// link to a device or to a choice of devices can be kept, sent and gone back to.

import { STATES } from './fleet.js';

/** The address after #: view/part?choice. */
export function where() {
  const [path, query = ''] = location.hash.slice(1).split('?');
  const [view, part = ''] = path.split('/');
  return { view, part: unescaped(part), choice: query && choiceOf(new URLSearchParams(query)) };
}

/** What an escaped part means; one that means nothing stays as it is. */
function unescaped(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const list = (parameters, name) => new Set(parameters.get(name)?.split(',').filter(Boolean));

function choiceOf(p) {
  const states = [...list(p, 'state')].filter((s) => STATES.includes(s));
  return { text: p.get('q') ?? '', comune: p.get('comune') ?? '', kinds: list(p, 'kind'), states: new Set(states.length ? states : STATES) };
}

/** The address of a view, of a part of it, with the devices that a filter chooses. */
export function addressOf(view, part, filter) {
  const p = new URLSearchParams();
  if (filter?.text) p.set('q', filter.text);
  if (filter?.comune) p.set('comune', filter.comune);
  if (filter?.kinds.size) p.set('kind', [...filter.kinds].join());
  if (filter && filter.states.size < STATES.length) p.set('state', [...filter.states].join());
  const query = p.toString().replaceAll('%2C', ',');
  return `#${view}${part ? `/${encodeURIComponent(part)}` : ''}${query && `?${query}`}`;
}

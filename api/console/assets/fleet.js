// The devices as the page knows them: loaded once, then kept by the live feed.

import { follow, pages } from './api.js';

export const STATES = ['online', 'late', 'silent', 'waiting'];

/** The filter that leaves nothing out. */
export const EVERYTHING = { text: '', comune: '', kinds: new Set(), states: new Set(STATES) };

/** A text as it is searched: Forlì is found by forli. */
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

const ASSUMED_INTERVAL = 900; // seconds, as the server assumes

/** The state of a device now, by the rule of the server. */
export function stateOf(device, now = Date.now()) {
  if (!device.seenAt) return device.state; // as the server said
  const age = (now - device.seenAt) / 1000;
  const interval = device.interval_s || ASSUMED_INTERVAL;
  if (age > 10 * interval) return 'silent';
  return age > 2.5 * interval ? 'late' : 'online';
}

/**
 * Tells listeners of: 'loaded' (everything may be new), 'states' (some states
 * changed), 'heard' (detail: the devices just heard of), 'link' (detail: is
 * there a connection).
 */
export class Fleet extends EventTarget {
  devices = new Map();
  #filter = EVERYTHING;
  #sought = []; // the words of the filter's text

  async load() {
    const found = new Map();
    await pages('/v1/readings/latest', { limit: 5000 }, (page) => {
      for (const d of page.devices) found.set(d.device_id, this.#prepare(d));
    });
    this.devices = found;
    this.#tell('loaded');
  }

  /** Follows the live feed until the page goes. */
  follow(refused) {
    follow('/v1/live', {
      latest: (list) => this.#heard(list),
      event: () => this.#tell('event'),
      reset: () => this.load(),
      link: (up) => this.#tell('link', up),
      refused,
    });
    setInterval(() => this.#age(), 5000);
  }

  get filter() { return this.#filter; }

  setFilter(change) {
    this.#filter = { ...this.#filter, ...change };
    this.#sought = plain(this.#filter.text).split(/\s+/).filter(Boolean);
    this.#tell('loaded');
  }

  /** Whether the filter leaves anything out. */
  get filtered() {
    const f = this.#filter;
    return Boolean(f.text || f.comune || f.kinds.size || f.states.size < STATES.length);
  }

  /** The devices that the filter chooses. */
  chosen() {
    return [...this.devices.values()].filter((d) => this.wants(d));
  }

  /** Whether the filter wants a device; a part of the filter can be left aside. */
  wants(d, aside = '') {
    const f = this.#filter;
    return (!f.comune || d.comune === f.comune || aside === 'comune') && (!f.kinds.size || f.kinds.has(d.kind) || aside === 'kinds') &&
      (f.states.has(d.state) || aside === 'states') && this.#sought.every((word) => d.words.includes(word));
  }

  #prepare(d) {
    d.seenAt = d.seen ? Date.parse(d.seen) : 0;
    d.state = stateOf(d);
    d.words = plain(`${d.device_id} ${d.name ?? ''} ${d.comune_name} ${d.zone ?? ''}`);
    return d;
  }

  #heard(list) {
    let changed = false;
    let fresh = false;
    for (const d of list) {
      const before = this.devices.get(d.device_id);
      this.devices.set(d.device_id, this.#prepare(d));
      fresh ||= !before;
      changed ||= before?.state !== d.state;
    }
    if (fresh) this.#tell('loaded');
    else if (changed) this.#tell('states');
    this.#tell('heard', list);
  }

  /** Devices grow late while nothing is heard of them. */
  #age() {
    const now = Date.now();
    let changed = false;
    for (const d of this.devices.values()) {
      const state = stateOf(d, now);
      changed ||= state !== d.state;
      d.state = state;
    }
    if (changed) this.#tell('states');
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

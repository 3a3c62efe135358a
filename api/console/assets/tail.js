// What one device says, as it comes, and what becomes of it.

import { stream } from './api.js';
import { h } from './dom.js';
import { stamp, t, trouble, value } from './text.js';

const MOST = 50; // messages shown

const list = (title, lines) => (lines.length ? [h('h4', {}, title), h('ul', {}, ...lines.map((l) => h('li', {}, l)))] : []);

const fields = (p) => Object.entries(p.fields).map(([name, v]) => `${name} ${value(v)}`).join(' · ');

function message(m) {
  const outcome = t(`o_${m.outcome}`);
  return h('details', {}, h('summary', {}, stamp(m.received), ' · ', h('b', {}, outcome), m.format ? ` · ${m.format}` : ''),
    h('p.quiet', {}, h('code', {}, m.topic ?? '')), h('pre', { tabIndex: 0 }, m.payload),
    ...list(t('seen_points'), (m.points ?? []).map((p) => `${p.measurement} ${stamp(p.time)}: ${fields(p)}`)),
    ...list(t('changed'), (m.notes ?? []).map((n) => [n.field, n.from && n.to ? `${n.from} → ${n.to}` : '', n.why].filter(Boolean).join(' · '))),
    ...list(t('refused'), (m.refused ?? []).map((r) => [r.reason, r.field, r.detail].filter(Boolean).join(' · '))));
}

/** The tail of a device: nothing is read until somebody listens. */
export class Tail {
  #stop = null;
  #list = h('div.messages');
  #state = h('p.quiet', { role: 'status' });
  #button;
  #path;

  constructor(device) {
    this.#path = `/v1/devices/${encodeURIComponent(device)}/tail`;
    this.#button = h('button.plain', { type: 'button', onclick: () => (this.#stop ? this.close() : this.#listen()) }, t('listen'));
  }

  element() {
    return h('section.tail', {}, h('div.plot-head', {}, h('h3', {}, t('tail')), this.#button), h('p.quiet', {}, t('tailHelp')), this.#state, this.#list);
  }

  async #listen() {
    const stop = this.#stop = new AbortController();
    this.#button.textContent = t('stop');
    this.#state.textContent = t('listening');
    try {
      for await (const e of stream(this.#path, {}, stop.signal)) {
        if (e.type !== 'message') continue;
        this.#list.prepend(message(JSON.parse(e.data)));
        while (this.#list.children.length > MOST) this.#list.lastChild.remove();
      }
      this.close();
    } catch (e) {
      if (stop.signal.aborted) return;
      this.close();
      this.#state.textContent = trouble(e);
    }
  }

  close() {
    if (!this.#stop) return;
    this.#stop.abort();
    this.#stop = null;
    this.#button.textContent = t('listen');
    this.#state.textContent = t('stopped');
  }
}

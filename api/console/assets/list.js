// The devices as a table: for searching, for keyboards and screen readers, and
// for browsers that cannot draw the map.

import { h, table } from './dom.js';
import { ago, fieldName, kindName, t, value } from './text.js';

const STEP = 200; // rows shown at a time

export class List {
  #box;
  #fleet;
  #chosen;
  #shown = STEP;
  #dirty = true;

  constructor(box, fleet, chosen) {
    this.#box = box;
    this.#fleet = fleet;
    this.#chosen = chosen;
    fleet.addEventListener('loaded', () => { this.#shown = STEP; this.#mark(); });
    for (const event of ['states', 'heard']) fleet.addEventListener(event, () => { this.#dirty = true; });
    setInterval(() => this.#dirty && this.draw(), 3000);
  }

  #mark() {
    this.#dirty = true;
    this.draw();
  }

  draw() {
    if (this.#box.hidden) return;
    const at = document.activeElement?.dataset?.id;
    const all = this.#fleet.chosen();
    const rows = all.slice(0, this.#shown).map((d) => this.#row(d));
    const head = [t('id'), t('kind'), t('place'), t('state'), t('seen'), t('last')];
    this.#box.replaceChildren(
      h('h1', {}, t('devices')),
      table(head, rows),
      all.length > this.#shown
        ? h('button', { type: 'button', onclick: () => { this.#shown += STEP; this.#mark(); } }, t('more'))
        : '',
    );
    if (at) this.#box.querySelector(`[data-id="${CSS.escape(at)}"]`)?.focus();
    this.#dirty = false;
  }

  #row(d) {
    const open = h('button.link', { type: 'button', onclick: () => this.#chosen(d.device_id) }, d.name || d.device_id);
    open.dataset.id = d.device_id;
    const state = h(`span.chip.${d.state}`, {}, t(`is_${d.state}`));
    return [h('th', { scope: 'row', role: 'rowheader' }, open, d.name ? h('small', {}, d.device_id) : ''), kindName(d.kind),
      [d.comune_name, d.zone].filter(Boolean).join(', '), state, d.seenAt ? ago(d.seenAt) : '–', h('span.quiet', {}, summary(d))];
  }
}

/** The first few values of the first series. */
function summary(d) {
  const r = d.readings[0];
  if (!r) return '–';
  return Object.entries(r.fields).slice(0, 3).map(([f, v]) => `${fieldName(f)} ${value(v)}`).join(' · ');
}

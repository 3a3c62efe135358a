// The devices as a table: for searching, for keyboards and screen readers, and
// for browsers that cannot draw the map.

import { h, table } from './dom.js';
import { ago, fieldName, kindName, number, t } from './text.js';
import { mainReading, withUnit } from './units.js';

const STEP = 200; // rows shown at a time

export class List {
  #box;
  #fleet;
  #chosen;
  #clear;
  #shown = STEP;
  #dirty = true;

  /** chosen(id) opens a device, clear() leaves no device out. */
  constructor(box, fleet, chosen, clear) {
    this.#clear = clear;
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
    this.#box.replaceChildren(h('h1', {}, t('devices')), rows.length ? table(head, rows) : this.#nothing(), this.#rest(all.length));
    if (at) this.#box.querySelector(`[data-id="${CSS.escape(at)}"]`)?.focus();
    this.#dirty = false;
  }

  /** What there is to say and do where the list is empty. */
  #nothing() {
    const none = this.#fleet.devices.size === 0;
    return h('div.empty', {}, h('p', {}, t(none ? 'noDevices' : 'noneFits')),
      none ? '' : h('button.plain', { type: 'button', onclick: this.#clear }, t('clear')));
  }

  #rest(all) {
    if (all <= this.#shown) return '';
    return h('p.rest', {}, h('span.quiet', {}, t('shown', { n: number(this.#shown), all: number(all) })),
      h('button.plain', { type: 'button', onclick: () => { this.#shown += STEP; this.#mark(); } }, t('more')));
  }

  #row(d) {
    const open = h('button.link', { type: 'button', onclick: () => this.#chosen(d.device_id) }, d.name || d.device_id);
    open.dataset.id = d.device_id;
    const state = h(`span.chip.${d.state}`, {}, t(`is_${d.state}`));
    return [h('th', { scope: 'row', role: 'rowheader' }, open, d.name ? h('small', {}, d.device_id) : ''), kindName(d.kind),
      [d.comune_name, d.zone].filter(Boolean).join(', '), state, d.seenAt ? ago(d.seenAt) : '–', h('span.quiet', {}, summary(d))];
  }
}

/** The first few values of what the device is for. */
function summary(d) {
  const r = mainReading(d);
  if (!r) return '–';
  return Object.entries(r.fields).slice(0, 3).map(([f, v]) => `${fieldName(f)} ${withUnit(r.measurement, f, v)}`.replaceAll(' ', '\u00a0')).join(' · ');
}

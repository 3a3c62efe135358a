// The card of filters: search, comune, states and kinds, each with how many
// devices there are of it among those that the other filters leave.

import { $, debounce, h } from './dom.js';
import { STATES } from './fleet.js';
import { byName, currentLanguage, kindName, number, t } from './text.js';

const WIDE = 760; // pixels from which the filters are open at first

export class Filters {
  #fleet;
  #language = '';

  /** do.frame() shows what is chosen, do.choose(id) opens a device, do.clear() leaves nothing out. */
  constructor(fleet, { frame, choose, clear }) {
    this.#fleet = fleet;
    $('unfold').addEventListener('click', () => this.#unfold($('fold').hidden));
    this.#unfold(innerWidth > WIDE);
    const seek = debounce((text) => fleet.setFilter({ text }), 150);
    $('q').addEventListener('input', () => seek($('q').value.trim())); // as it is now: it may be drawn anew before
    $('comune').addEventListener('change', () => { fleet.setFilter({ comune: $('comune').value }); frame(); });
    $('clear').addEventListener('click', () => { $('q').value = ''; clear(); $('q').focus(); });
    $('filters').addEventListener('submit', (e) => {
      e.preventDefault();
      fleet.setFilter({ text: $('q').value.trim() });
      const found = fleet.chosen();
      if (found.length === 1) choose(found[0].device_id);
      else frame();
    });
  }

  #unfold(open) {
    $('fold').hidden = !open;
    $('unfold').setAttribute('aria-expanded', String(open));
  }

  draw() {
    const { filter, devices } = this.#fleet;
    if (document.activeElement !== $('q')) $('q').value = filter.text;
    if (document.activeElement !== $('comune')) this.#drawComuni();
    this.#forget();
    const { kinds, states } = this.#counts();
    this.#drawBoxes('kinds', [...kinds.keys()].sort((a, b) => kindName(a).localeCompare(kindName(b))), kindName, kinds, (k) => filter.kinds.has(k));
    this.#drawBoxes('states', STATES, t, states, (s) => filter.states.has(s));
    $('matched').textContent = t('matched', { n: number(this.#fleet.chosen().length), all: number(devices.size) });
    $('clear').hidden = !this.#fleet.filtered;
  }

  /** Boxes in another language are made anew: their order is another. */
  #forget() {
    if (this.#language === currentLanguage()) return;
    this.#language = currentLanguage();
    for (const box of $('filters').querySelectorAll('.box')) box.remove();
  }

  #drawComuni() {
    const names = new Map();
    for (const d of this.#fleet.devices.values()) names.set(d.comune, d.comune_name);
    const comuni = [...names].sort((a, b) => byName(a[1], b[1]));
    $('comune').replaceChildren(h('option', { value: '' }, t('everywhere')), ...comuni.map(([code, name]) => h('option', { value: code }, name)));
    $('comune').value = this.#fleet.filter.comune;
  }

  /** How many devices there are of each kind and state. */
  #counts() {
    const kinds = new Map();
    const states = new Map(STATES.map((s) => [s, 0]));
    for (const d of this.#fleet.devices.values()) {
      kinds.set(d.kind, (kinds.get(d.kind) ?? 0) + (this.#fleet.wants(d, 'kinds') ? 1 : 0));
      if (this.#fleet.wants(d, 'states')) states.set(d.state, states.get(d.state) + 1);
    }
    return { kinds, states };
  }

  /** Draws a set of boxes; those that are there already keep the keyboard. */
  #drawBoxes(set, keys, nameOf, counts, isOn) {
    const boxes = new Map([...$(set).querySelectorAll('.box')].map((box) => [box.dataset.key, box]));
    for (const key of keys) {
      const box = boxes.get(key) ?? $(set).appendChild(this.#box(set, key));
      boxes.delete(key);
      box.querySelector('input').checked = isOn(key);
      box.querySelector('span').textContent = nameOf(key);
      box.querySelector('small').textContent = number(counts.get(key));
      box.classList.toggle('none', !counts.get(key));
    }
    for (const gone of boxes.values()) gone.remove();
  }

  #box(set, key) {
    const input = h('input', { type: 'checkbox', name: set.slice(0, -1), onchange: () => this.#choose(set, key, input.checked) });
    return h(`label.box.${key}`, { 'data-key': key }, input, h('span'), h('small'));
  }

  #choose(set, key, on) {
    const chosen = new Set(this.#fleet.filter[set]);
    if (on) chosen.add(key);
    else chosen.delete(key);
    this.#fleet.setFilter({ [set]: chosen });
  }
}

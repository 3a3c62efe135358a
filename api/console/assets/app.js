// The console: wires the fleet to the map, the list, the panel and the rest.

import { token } from './api.js';
import { drawDatasets } from './datasets.js';
import { $, debounce, h, svg, throttle } from './dom.js';
import { drawEvents } from './events.js';
import { Fleet, STATES } from './fleet.js';
import { drawInitiatives } from './initiatives.js';
import { List } from './list.js';
import { drawable, FleetMap } from './map.js';
import { drawLedger, drawQuarantine } from './office.js';
import { loadUnits, Panel } from './panel.js';
import { countPending, drawPending } from './pending.js';
import { drawRoutes } from './routing.js';
import { Strip } from './strip.js';
import { currentLanguage, kindName, number, setLanguage, t, translate } from './text.js';

const PAGES = {
  events: drawEvents, quarantine: drawQuarantine, ledger: drawLedger, initiatives: drawInitiatives,
  pending: drawPending, routes: drawRoutes, datasets: drawDatasets,
};
const VIEWS = ['map', 'devices', ...Object.keys(PAGES)];
const THEME = 'rione.theme';

setTheme(localStorage.getItem(THEME) ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));

const fleet = new Fleet();
const map = drawable() ? new FleetMap($('map'), fleet, (id) => choose(id, false)) : null;
const panel = new Panel(fleet, () => map?.select(null));
const list = new List($('view-devices'), fleet, (id) => choose(id, true));
let strip = null;

function choose(id, fly) {
  panel.open(id);
  map?.select(panel.device, fly);
}

function say(text, status) {
  const toast = $('toast');
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.hidden = true; }, 6000);
  if (status === 401) askToken();
}

/** Shows the view that the address names. */
async function show() {
  const [wanted, part] = location.hash.slice(1).split('/');
  const name = VIEWS.includes(wanted) ? wanted : 'map';
  for (const v of VIEWS) $(`view-${v}`).hidden = v !== name;
  for (const a of $('views').querySelectorAll('a')) {
    if (a.hash === `#${name}`) {
      a.setAttribute('aria-current', 'page');
      a.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    } else {
      a.removeAttribute('aria-current');
    }
  }
  document.body.dataset.view = name;
  if (name === 'map') {
    map?.resize();
  } else if (name === 'devices') {
    list.draw();
  } else {
    panel.close();
    await PAGES[name]($(`view-${name}`), say, part && decodeURIComponent(part)).catch((e) => say(t('error', { e: e.message }), e.status));
  }
}

/** Goes to the view that the address names, the keyboard too. */
async function go() {
  const shown = show();
  $(`view-${document.body.dataset.view}`).focus({ preventScroll: true });
  await shown;
}

function drawFilters() {
  const names = new Map();
  const kinds = new Map();
  const states = new Map(STATES.map((s) => [s, 0]));
  for (const d of fleet.devices.values()) {
    names.set(d.comune, d.comune_name);
    kinds.set(d.kind, (kinds.get(d.kind) ?? 0) + 1);
    states.set(d.state, states.get(d.state) + 1);
  }
  const comuni = [...names].sort((a, b) => a[1].localeCompare(b[1]));
  $('comune').replaceChildren(h('option', { value: '' }, t('everywhere')), ...comuni.map(([code, name]) => h('option', { value: code }, name)));
  $('comune').value = fleet.filter.comune;
  const box = (name, label, checked, n, change, extra = '') => h(`label.box${extra}`, {},
    h('input', { type: 'checkbox', name, checked, onchange: (e) => change(e.target.checked) }), h('span', {}, label), h('small', {}, number(n)));
  const legend = (id) => $(id).querySelector('legend');
  $('kinds').replaceChildren(legend('kinds'), ...[...kinds].sort((a, b) => b[1] - a[1]).map(([kind, n]) =>
    box('kind', kindName(kind), fleet.filter.kinds.has(kind), n, (on) => {
      const chosen = new Set(fleet.filter.kinds);
      if (on) chosen.add(kind); else chosen.delete(kind);
      fleet.setFilter({ kinds: chosen });
    })));
  $('states').replaceChildren(legend('states'), ...STATES.map((s) => box('state', t(s), fleet.filter.states.has(s), states.get(s), (on) => {
    const chosen = new Set(fleet.filter.states);
    if (on) chosen.add(s); else chosen.delete(s);
    fleet.setFilter({ states: chosen });
  }, `.${s}`)));
}

function drawMatched() {
  $('matched').textContent = t('matched', { n: number(fleet.chosen().length), all: number(fleet.devices.size) });
}

function drawAll() {
  if (!$('filters').contains(document.activeElement) || document.activeElement.id === 'q') drawFilters();
  drawMatched();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(THEME, theme);
}

function speak(language) {
  setLanguage(language);
  $('language').textContent = language === 'it' ? 'EN' : 'IT';
  $('language').lang = language === 'it' ? 'en' : 'it';
  $('language').setAttribute('aria-label', language === 'it' ? 'EN: English' : 'IT: Italiano');
  drawFilters();
  drawMatched();
  strip?.draw();
  panel.redraw();
  list.draw();
}

function keyPicture() {
  return svg('svg', { viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' },
    svg('circle', { cx: 5, cy: 11, r: 3 }), svg('path', { d: 'M7.2 8.800 13.500 2.500M10.500 5.500l2.300 2.300' }));
}

function askToken() {
  $('secret').value = token.get();
  $('ask').showModal();
}

function unfold(open) {
  $('fold').hidden = !open;
  $('unfold').setAttribute('aria-expanded', String(open));
}

function wire() {
  $('unfold').addEventListener('click', () => unfold($('fold').hidden));
  unfold(innerWidth > 760);
  $('q').addEventListener('input', debounce((e) => fleet.setFilter({ text: $('q').value.trim().toLowerCase() }), 150));
  $('comune').addEventListener('change', () => { fleet.setFilter({ comune: $('comune').value }); map?.frame(); });
  $('filters').addEventListener('submit', (e) => {
    e.preventDefault();
    const found = fleet.chosen();
    if (found.length === 1) choose(found[0].device_id, true);
    else map?.frame();
  });
  $('language').addEventListener('click', async () => { speak(currentLanguage() === 'it' ? 'en' : 'it'); await show(); });
  $('theme').addEventListener('click', () => {
    setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    map?.restyle();
    panel.redraw();
  });
  $('key').addEventListener('click', askToken);
  $('ask').addEventListener('close', () => {
    if ($('ask').returnValue !== 'ok') return;
    token.set($('secret').value.trim());
    load();
  });
  addEventListener('hashchange', go);
  fleet.addEventListener('event', debounce(() => {
    const box = $('view-events');
    if (!box.hidden && !box.querySelector(':focus')) show(); // nobody is writing a note
  }, 500));
  fleet.addEventListener('loaded', drawAll);
  fleet.addEventListener('states', throttle(drawAll, () => 1000));
}

/** Says beside the view's name how many devices wait for approval. */
async function tellPending() {
  const n = await countPending().catch(() => 0);
  $('waiting').hidden = !n;
  $('waiting').textContent = number(n);
}

async function load() {
  try {
    tellPending();
    await Promise.all([loadUnits(), fleet.load()]);
    await map?.ground();
    document.body.dataset.loaded = 'true';
  } catch (e) {
    say(t('error', { e: e.message }), e.status);
  }
}

translate(document);
$('key').replaceChildren(keyPicture());
$('nomap').hidden = Boolean(map);
wire();
speak(currentLanguage());
await load();
strip = new Strip(fleet, debounce(() => load(), 500));
await show();
fleet.follow((e) => say(t('error', { e: e.message }), e.status));

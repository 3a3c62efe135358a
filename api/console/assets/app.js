// The console: wires the fleet to the map, the list, the panel and the rest.

import { addressOf, where } from './address.js';
import { token } from './api.js';
import { drawDatasets } from './datasets.js';
import { $, debounce, h, throttle } from './dom.js';
import { countNew, drawEvents } from './events.js';
import { Filters } from './filters.js';
import { EVERYTHING, Fleet } from './fleet.js';
import { drawInitiatives } from './initiatives.js';
import { drawLedger } from './ledger.js';
import { List } from './list.js';
import { drawable, FleetMap } from './map.js';
import { Panel } from './panel.js';
import { countPending, drawPending } from './pending.js';
import { drawQuarantine } from './quarantine.js';
import { drawRoutes } from './routing.js';
import { Strip } from './strip.js';
import { currentLanguage, number, setLanguage, t, translate, trouble } from './text.js';
import { loadUnits } from './units.js';

const PAGES = {
  events: drawEvents, quarantine: drawQuarantine, ledger: drawLedger, initiatives: drawInitiatives,
  pending: drawPending, routes: drawRoutes, datasets: drawDatasets,
};
const VIEWS = ['map', 'devices', ...Object.keys(PAGES)];
const THEME = 'rione.theme';
const SLOW = 300; // ms after which a page says that it is loading

setTheme(localStorage.getItem(THEME) ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));

const fleet = new Fleet();
const map = drawable() ? new FleetMap($('map'), fleet, (id) => choose(id)) : null;
const panel = new Panel(fleet, () => choose(''));
const list = new List($('view-devices'), fleet, (id) => choose(id), clear);
const filters = new Filters(fleet, { frame: () => map?.frame(), choose, clear });
let strip = null;
let turn = 0; // counts what was shown, so that a slow page does not cover a later one

/** Opens a device beside the view that is shown, '' closes it. */
function choose(id) {
  const address = addressOf(document.body.dataset.view, id, fleet.filter);
  if (address !== location.hash) location.hash = address;
}

/** Leaves nothing out any more. */
function clear() {
  fleet.setFilter(EVERYTHING);
  map?.frame();
}

function say(text, status) {
  const toast = $('toast');
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.hidden = true; }, 6000);
  if (status === 401) askToken(t('refusedToken'));
}

/** Shows the view that the address names. */
async function show() {
  const { view, part, choice } = where();
  const name = VIEWS.includes(view) ? view : 'map';
  menu(false);
  document.body.dataset.view = name;
  for (const v of VIEWS) $(`view-${v}`).hidden = v !== name;
  if (choice && addressOf('', '', choice) !== addressOf('', '', fleet.filter)) fleet.setFilter(choice);
  tellWhere();
  if (name in PAGES) {
    panel.close();
    await showPage(name, part);
    return;
  }
  if (name === 'map') map?.resize();
  else list.draw();
  panel.show(part);
  map?.select(panel.device, true);
  if (part && !panel.device && fleet.devices.size) say(t('noDevice', { id: part }));
}

/** Opens or closes the menu of views, which is folded on a phone. */
function menu(open) {
  document.body.toggleAttribute('data-menu', open);
  $('menu').setAttribute('aria-expanded', String(open));
}

/** Marks where one is in the menu and in the window's title, and keeps the filter in the address. */
function tellWhere() {
  const name = document.body.dataset.view;
  const { part } = where();
  document.title = `${t(name)} · rione`;
  for (const a of $('views').querySelectorAll('a[data-view]')) {
    const listed = a.dataset.view in PAGES;
    a.href = addressOf(a.dataset.view, listed || name in PAGES ? '' : part, listed ? null : fleet.filter);
    if (a.dataset.view === name) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  $('here').textContent = t(name);
  const address = addressOf(name, part, name in PAGES ? null : fleet.filter);
  if (address !== location.hash && (location.hash || fleet.filtered)) history.replaceState(null, '', address);
}

/** Draws a page aside and puts it in place when it is whole; until then what it showed of the same stays. */
async function showPage(name, part) {
  const mine = ++turn;
  const box = $(`view-${name}`);
  const put = (...content) => mine === turn && box.replaceChildren(h('div', { 'data-part': part }, ...content));
  const again = () => showPage(name, part);
  box.setAttribute('aria-busy', 'true');
  const slow = setTimeout(() => {
    if (box.firstChild?.dataset.part !== part) put(h('h1', {}, t(name)), h('p.quiet.loading', { role: 'status' }, t('loading')));
  }, SLOW);
  try {
    put(...await PAGES[name]({ part, say, again }));
  } catch (e) {
    put(h('h1', {}, t(name)), h('div.empty', { role: 'alert' }, h('p', {}, trouble(e)), h('button', { type: 'button', onclick: again }, t('again'))));
    if (e.status === 401 && mine === turn) askToken(t('refusedToken'));
  }
  clearTimeout(slow);
  if (mine === turn) box.removeAttribute('aria-busy');
}

/** Goes to the view that the address names, the keyboard too unless a panel took it. */
async function go() {
  const [before, device] = [document.body.dataset.view, panel.device];
  const shown = show();
  const name = document.body.dataset.view;
  const opened = panel.device && panel.device !== device;
  if (!opened && (name !== before || name in PAGES)) $(`view-${name}`).focus({ preventScroll: true });
  await shown;
}

function drawAll() {
  filters.draw();
  tellWhere();
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
  filters.draw();
  strip?.draw();
  panel.redraw();
  list.draw();
}

/** Asks for a token; why says what it is needed for. */
function askToken(why = '') {
  if ($('ask').open) return;
  $('why').textContent = why;
  $('secret').value = token.get();
  $('ask').showModal();
}

function wire() {
  $('menu').addEventListener('click', () => menu(!document.body.hasAttribute('data-menu')));
  addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || !document.body.hasAttribute('data-menu')) return;
    menu(false);
    $('menu').focus();
  });
  $('language').addEventListener('click', async () => { speak(currentLanguage() === 'it' ? 'en' : 'it'); await show(); });
  $('theme').addEventListener('click', () => {
    setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    map?.restyle();
    panel.redraw();
  });
  $('key').addEventListener('click', () => askToken());
  $('skip').addEventListener('click', (e) => {
    e.preventDefault();
    location.hash = addressOf('devices', '', fleet.filter);
  });
  $('cancel').addEventListener('click', () => $('ask').close('cancel')); // of type submit, it would be what Enter does
  $('ask').addEventListener('close', async () => {
    if ($('ask').returnValue !== 'ok') return;
    token.set($('secret').value.trim());
    await load();
    await show();
  });
  addEventListener('hashchange', go);
  fleet.addEventListener('event', debounce(() => {
    tellNews();
    const box = $('view-events');
    if (!box.hidden && !box.querySelector(':focus')) show(); // nobody is writing a note
  }, 500));
  fleet.addEventListener('loaded', drawAll);
  fleet.addEventListener('states', throttle(() => filters.draw(), () => 1000));
}

/** Says beside a view's name how much waits for somebody there. */
async function tellNews() {
  const tell = async (id, count) => {
    const n = await count().catch(() => 0);
    $(id).hidden = !n;
    $(id).textContent = typeof n === 'number' ? number(n) : n;
  };
  await Promise.all([tell('waiting', countPending), tell('news', countNew)]);
}

async function load() {
  try {
    tellNews();
    await Promise.all([loadUnits(), fleet.load()]);
    await map?.ground();
    document.body.dataset.loaded = 'true';
  } catch (e) {
    say(trouble(e), e.status);
  }
}

translate(document);
$('nomap').hidden = Boolean(map);
wire();
speak(currentLanguage());
const begun = show(); // what needs no fleet is there before it
await load();
strip = new Strip(fleet, debounce(load, 500));
await begun;
if (!(document.body.dataset.view in PAGES)) await show();
fleet.follow((e) => say(trouble(e), e.status));

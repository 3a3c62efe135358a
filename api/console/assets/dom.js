// Small helpers for building the page without inline markup or styles, which
// the content security policy forbids.

export const $ = (id) => document.getElementById(id);

/** Makes an element: h('p.note', {title: 'x', onclick: f}, 'text', child). */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  const e = document.createElement(tag || 'div');
  if (classes.length) e.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else if (name in e && name !== 'list' && name !== 'form') e[name] = value;
    else e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Makes an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const e = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

/** Calls f once, a little after the last of several calls. */
export function debounce(f, ms) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...args), ms);
  };
}

/** Calls f at once, and then at most every ms(), the last call included. */
export function throttle(f, ms) {
  let timer = 0;
  let again = false;
  const run = () => {
    f();
    again = false;
    timer = setTimeout(() => {
      timer = 0;
      if (again) run();
    }, ms());
  };
  return () => {
    again = true;
    if (!timer) run();
  };
}

/**
 * Asks before something that cannot be taken back; the answer is whether to do it.
 * words are those of the question, of doing it and of leaving it.
 */
export function sure(question, yes, no) {
  const dialog = h('dialog.sure', { 'aria-label': question }, h('form', { method: 'dialog' }, h('p', {}, question),
    h('menu', {}, h('button.plain', { value: 'no' }, no), h('button', { value: 'yes' }, yes))));
  $('main').append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

const FIGURE = /^[-−]?\d[\d.,]*( \S{1,6})?$/; // with its unit
const NONE = '–';

/**
 * A table that scrolls by itself where it is too wide, and on a phone shows each
 * row as a card; cells are texts or elements. It names its parts to screen
 * readers itself, since cards are no table to a browser.
 */
export function table(head, rows) {
  const figures = head.map((_, i) => rows.some((r) => FIGURE.test(r[i])) && rows.every((r) => r[i] === NONE || FIGURE.test(r[i])));
  const of = (i) => (figures[i] ? '.number' : '');
  const headCell = (c, i) => h(`th${of(i)}`, { scope: 'col', role: 'columnheader' }, c);
  const quiet = (c) => (c === '0' || c === NONE ? '.none' : '');
  const cell = (c, i) => (c instanceof HTMLTableCellElement ? c : h(`td${of(i)}${quiet(c)}`, { role: 'cell' }, c));
  const labelled = (e, i) => Object.assign(e.dataset, { label: head[i] }) && e;
  return h('div.scroll', { tabIndex: 0, role: 'region', 'aria-label': head.join(', ') },
    h('table', { role: 'table' }, h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...head.map(headCell))),
      h('tbody', { role: 'rowgroup' }, ...rows.map((r) => h('tr', { role: 'row' }, ...r.map((c, i) => labelled(cell(c, i), i)))))));
}

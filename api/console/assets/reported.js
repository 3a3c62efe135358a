// Where a device itself says that it is: shown where that is another place, and
// applied by whoever may.

import { get, postAt } from './api.js';
import { h } from './dom.js';
import { number, t, trouble } from './text.js';

const NEAR = 50; // metres; what a receiver beside a wall is wrong by

/** What there is to say of a device's reported position; empty until it is known. */
export function reportedPosition(id) {
  const box = h('div.reported', { 'aria-live': 'polite' });
  draw(box, id).catch(() => {}); // the panel is of use without it
  return box;
}

async function draw(box, id) {
  const path = `/v1/devices/${encodeURIComponent(id)}`;
  const d = await get(path);
  const said = d.reported;
  box.replaceChildren();
  if (!said || said.distance_m < NEAR) return;
  const where = `${said.position.lat}, ${said.position.lon}`;
  const apply = async () => {
    try {
      await postAt(`${path}/apply-position`, d.revision, { time: said.time });
      box.replaceChildren(h('p.quiet', {}, t('positionApplied', { p: where })));
    } catch (e) {
      box.append(h('p.quiet', {}, trouble(e)));
    }
  };
  box.append(
    h('p', {}, said.distance_m === undefined ? t('saysNew', { p: where }) : t('saysAway', { m: number(Math.round(said.distance_m)), p: where })),
    h('button', { type: 'button', onclick: apply }, t('applyPosition')),
  );
}

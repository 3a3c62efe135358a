// What a field's figure means: its unit, and whether it is a state.

import { get } from './api.js';
import { t, unitName, value } from './text.js';

const known = new Map(); // measurement.field → { unit, state }

/** Loads units and roles of fields from the contract of data. */
export async function loadUnits() {
  for (const m of (await get('/v1/schema')).measurements) {
    for (const f of m.fields) known.set(`${m.name}.${f.name}`, { unit: unitName(f.unit), state: f.role === 'state' });
  }
}

/** How a field's unit is written, '' for none. */
export const unitOf = (measurement, field) => known.get(`${measurement}.${field}`)?.unit ?? '';

/** A figure without its unit; a state is yes or no. */
export function figure(measurement, field, v) {
  if (known.get(`${measurement}.${field}`)?.state && (v === 0 || v === 1)) return t(v ? 'yes' : 'no');
  return value(v);
}

/** A figure with its unit. */
export const withUnit = (measurement, field, v) => `${figure(measurement, field, v)} ${unitOf(measurement, field)}`.trim();

/** The reading that says most of a device: what it is for before how it is. */
export const mainReading = (device) => device.readings.find((r) => r.measurement !== 'device') ?? device.readings[0];

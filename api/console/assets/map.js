// The live map: devices by state, clusters as rings of their states, and what
// ground there is to draw without a tile server: land, comuni, zones.

import * as maplibre from './vendor/maplibre-gl.mjs';
import { get } from './api.js';
import { svg, throttle } from './dom.js';
import { STATES } from './fleet.js';
import { compact, t } from './text.js';

maplibre.setWorkerUrl(new URL('./vendor/maplibre-gl-worker.mjs', import.meta.url).href);

const EMPTY = { type: 'FeatureCollection', features: [] };
const PULSE = 2500; // ms that a device shines after it was heard of
const MOST_PULSES = 150;
const OUTLINED = 7; // zoom from which comuni have outlines; before, they would look like devices
const CAMERA = 'rione.camera';
const CLUSTERED = 10; // zoom up to which near devices are one ring

/** Whether this browser can draw the map. */
export function drawable() {
  return Boolean(document.createElement('canvas').getContext('webgl2'));
}

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The style, in the colours of the page's theme. */
function style() {
  const label = { 'text-font': ['system-ui', 'sans-serif'], 'text-max-width': 8 };
  const halo = { 'text-color': css('--map-text'), 'text-halo-color': css('--map-land'), 'text-halo-width': 1.6 };
  return {
    version: 8,
    sources: {
      land: { type: 'geojson', data: new URL('./vendor/land.json', import.meta.url).href },
      grid: { type: 'geojson', data: graticule() },
      areas: { type: 'geojson', data: EMPTY },
      zones: { type: 'geojson', data: EMPTY },
      places: { type: 'geojson', data: EMPTY },
      devices: {
        type: 'geojson', data: EMPTY, cluster: true, clusterRadius: 42, clusterMaxZoom: CLUSTERED, promoteId: 'id',
        clusterProperties: Object.fromEntries(STATES.map((s) => [s, ['+', ['case', ['==', ['get', 'state'], s], 1, 0]]])),
      },
      pulses: { type: 'geojson', data: EMPTY },
      chosen: { type: 'geojson', data: EMPTY },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': css('--map-sea') } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': ['case', ['get', 'italy'], css('--map-land'), css('--map-abroad')] } },
      { id: 'coast', type: 'line', source: 'land', paint: { 'line-color': css('--map-coast'), 'line-width': 0.8 } },
      { id: 'grid', type: 'line', source: 'grid', paint: { 'line-color': css('--map-coast'), 'line-width': 0.5, 'line-opacity': 0.35 } },
      {
        id: 'comuni', type: 'fill', source: 'areas', filter: ['!', ['has', 'zone']], minzoom: OUTLINED,
        paint: { 'fill-color': css('--map-city'), 'fill-opacity': 0.75 },
      },
      {
        id: 'zones', type: 'line', source: 'areas', filter: ['has', 'zone'], minzoom: 8.5,
        paint: { 'line-color': css('--map-line'), 'line-width': 0.9, 'line-dasharray': [3, 2] },
      },
      {
        id: 'borders', type: 'line', source: 'areas', filter: ['!', ['has', 'zone']], minzoom: OUTLINED,
        paint: { 'line-color': css('--map-line'), 'line-width': ['interpolate', ['linear'], ['zoom'], 6, 0.8, 12, 2] },
      },
      {
        id: 'zone-names', type: 'symbol', source: 'zones', minzoom: 10.5,
        layout: { ...label, 'text-field': ['get', 'zone'], 'text-size': 11 },
        paint: { ...halo, 'text-opacity': 0.75 },
      },
      { id: 'pulses', type: 'circle', source: 'pulses', paint: { 'circle-radius': 15, 'circle-color': css('--online'), 'circle-opacity': 0.28 } },
      {
        id: 'chosen', type: 'circle', source: 'chosen',
        paint: { 'circle-radius': 13, 'circle-color': 'transparent', 'circle-stroke-color': css('--accent'), 'circle-stroke-width': 3 },
      },
      {
        id: 'points', type: 'circle', source: 'devices', filter: ['!', ['has', 'point_count']],
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 6, 4, 12, 6, 16, 9],
          'circle-color': ['match', ['get', 'state'], 'silent', css('--map-land'), ...['online', 'late', 'waiting'].flatMap((s) => [s, css(`--${s}`)]), css('--late')],
          'circle-stroke-color': ['match', ['get', 'state'], 'silent', css('--silent'), css('--map-land')],
          'circle-stroke-width': ['match', ['get', 'state'], 'silent', 2.6, 1.6],
        },
      },
      {
        id: 'names', type: 'symbol', source: 'devices', filter: ['!', ['has', 'point_count']], minzoom: 12.5,
        layout: { ...label, 'text-field': ['get', 'name'], 'text-size': 11, 'text-offset': [0, 1.1], 'text-anchor': 'top', 'text-optional': true },
        paint: { ...halo },
      },
      {
        id: 'place-names', type: 'symbol', source: 'places', maxzoom: 11.5,
        layout: {
          ...label, 'text-field': ['get', 'name'], 'text-size': ['interpolate', ['linear'], ['zoom'], 5, 11, 11, 16],
          'text-variable-anchor': ['top', 'bottom', 'left', 'right'], 'text-radial-offset': 1.9, 'text-justify': 'auto',
        },
        paint: { ...halo },
      },
      { // where a ring will stand, so that no name is under it
        id: 'ring-room', type: 'symbol', source: 'devices', filter: ['has', 'point_count'],
        layout: { 'text-font': label['text-font'], 'text-field': '●', 'text-size': 34, 'text-allow-overlap': true }, paint: { 'text-opacity': 0 },
      },
    ],
  };
}

/** Meridians and parallels of half degrees around Italy: a sense of scale. */
function graticule() {
  const lines = [];
  for (let lon = 4; lon <= 22; lon += 0.5) lines.push([[lon, 34], [lon, 49]]);
  for (let lat = 34; lat <= 49; lat += 0.5) lines.push([[4, lat], [22, lat]]);
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } };
}

/** Draws the fleet into an element; chosen(id) is called on a click. */
export class FleetMap {
  #fleet;
  #map;
  #rings = new Map();
  #pulses = new Map();
  #sent = null; // what the devices' source holds, by id; null when it is empty
  #selected = null;
  #places = EMPTY;
  #areas = EMPTY;
  #zones = EMPTY;
  #framed = false;
  #still = matchMedia('(prefers-reduced-motion: reduce)').matches;

  constructor(element, fleet, chosen) {
    this.#fleet = fleet;
    const camera = JSON.parse(sessionStorage.getItem(CAMERA)) ?? { center: [12.5, 42.2], zoom: 5.3 };
    this.#framed = sessionStorage.getItem(CAMERA) !== null; // a page that was loaded anew shows what it showed
    this.#map = new maplibre.Map({
      container: element, style: style(), attributionControl: false, ...camera,
      minZoom: 4, maxZoom: 18, maxBounds: [[2, 32], [23, 50]], dragRotate: false, pitchWithRotate: false, fadeDuration: 0,
    });
    const map = this.#map;
    map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'bottom-right');
    map.addControl(new maplibre.ScaleControl({}), 'bottom-right');
    map.touchZoomRotate.disableRotation();
    map.on('click', 'points', (e) => chosen(e.features[0].properties.id));
    for (const [event, cursor] of [['mouseenter', 'pointer'], ['mouseleave', '']]) {
      map.on(event, 'points', () => { map.getCanvas().style.cursor = cursor; });
    }
    map.on('style.load', () => { this.#sent = null; this.#fillGround(); this.#fill(); });
    map.on('idle', () => { element.dataset.idle = 'true'; });
    map.on('movestart', () => this.#busy());
    map.on('moveend', () => sessionStorage.setItem(CAMERA, JSON.stringify({ center: map.getCenter().toArray(), zoom: map.getZoom() })));
    map.on('render', () => this.#drawRings());
    fleet.addEventListener('loaded', () => this.#fill());
    fleet.addEventListener('states', throttle(() => this.#fill(), () => (fleet.devices.size > 3000 ? 4000 : 500)));
    fleet.addEventListener('heard', (e) => this.#shine(e.detail));
    setInterval(() => this.#fade(), 500);
  }

  /** Loads the comuni, once their devices are known. */
  async ground() {
    const [comuni, areas] = await Promise.all([get('/v1/comuni'), get('/v1/geo/areas')]);
    const outlined = new Set(areas.features.filter((f) => !f.properties.zone).map((f) => f.properties.code ?? f.properties.com_istat_code));
    const placed = comuni.comuni.filter((c) => c.point);
    const feature = (c, geometry) => ({ type: 'Feature', properties: { name: c.name, code: c.comune }, geometry });
    this.#places = {
      type: 'FeatureCollection',
      features: placed.map((c) => feature(c, { type: 'Point', coordinates: [c.point.lon, c.point.lat] })),
    };
    this.#zones = { type: 'FeatureCollection', features: areas.features.filter((f) => f.properties.zone).map(labelOf) };
    this.#areas = {
      type: 'FeatureCollection',
      features: [...areas.features, ...placed.filter((c) => c.area_km2 && !outlined.has(c.comune)).map((c) => feature(c, disc(c)))],
    };
    this.#fillGround();
  }

  /** Takes the colours of the theme that is now set. */
  restyle() {
    this.#busy();
    this.#map.setStyle(style(), { diff: false });
  }

  /** Says that the map has yet to draw what it was given. */
  #busy() { this.#map.getContainer().dataset.idle = 'false'; }

  resize() { this.#map.resize(); }

  /** Shows all chosen devices. */
  frame(animate = true) {
    const box = new maplibre.LngLatBounds();
    for (const d of this.#fleet.chosen()) if (d.lat !== undefined) box.extend([d.lon, d.lat]);
    if (box.isEmpty()) return;
    const wide = this.#map.getContainer().clientWidth > 760;
    this.#map.fitBounds(box, {
      padding: wide ? { top: 60, bottom: 60, left: 350, right: 60 } : 40, maxZoom: 13.5, animate: animate && !this.#still,
    });
  }

  /** Marks a device; fly goes there unless it is in sight. */
  select(device, fly) {
    this.#selected = device;
    this.#fillChosen();
    if (device?.lat === undefined || !fly) return;
    const at = [device.lon, device.lat];
    if (this.#map.getZoom() > CLUSTERED + 1 && this.#map.getBounds().contains(at)) return;
    this.#map.easeTo({ center: at, zoom: Math.max(this.#map.getZoom(), 12.6), animate: !this.#still });
  }

  #fillGround() {
    if (!this.#map.getSource('areas')) return;
    this.#busy();
    this.#map.getSource('areas').setData(this.#areas);
    this.#map.getSource('places').setData(this.#places);
    this.#map.getSource('zones').setData(this.#zones);
  }

  /** Gives the map the devices that the filter wants: those that changed, or all. */
  #fill() {
    const source = this.#map.getSource('devices');
    if (!source) return;
    const shown = new Map();
    const add = [];
    for (const d of this.#fleet.devices.values()) {
      if (d.lat === undefined || !this.#fleet.wants(d)) continue;
      const had = this.#sent?.get(d.device_id);
      const feature = had && isOf(had, d) ? had : featureOf(d);
      if (feature !== had) add.push(feature);
      shown.set(d.device_id, feature);
    }
    const remove = [...(this.#sent?.keys() ?? [])].filter((id) => !shown.has(id));
    const whole = !this.#sent || add.length + remove.length > shown.size / 2;
    this.#sent = shown;
    this.#fillChosen();
    if (add.length + remove.length) {
      this.#busy();
      if (whole) source.setData({ type: 'FeatureCollection', features: [...shown.values()] });
      else source.updateData({ add, remove });
    }
    if (!this.#framed && shown.size) {
      this.#framed = true;
      this.frame(false);
    }
  }

  #fillChosen() {
    const d = this.#selected;
    const shown = d?.lat !== undefined;
    this.#map.getSource('chosen')?.setData(shown ? { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [d.lon, d.lat] } } : EMPTY);
  }

  #shine(devices) {
    if (this.#still || document.hidden) return;
    const until = performance.now() + PULSE;
    for (const d of devices) {
      if (this.#pulses.size >= MOST_PULSES) break;
      if (d.lat !== undefined && this.#fleet.wants(d)) this.#pulses.set(d.device_id, { d, until });
    }
    this.#drawPulses();
  }

  #fade() {
    if (!this.#pulses.size) return;
    const now = performance.now();
    for (const [id, p] of this.#pulses) if (p.until < now) this.#pulses.delete(id);
    this.#drawPulses();
  }

  #drawPulses() {
    const shown = this.#map.getZoom() >= 9 ? [...this.#pulses.values()] : [];
    this.#map.getSource('pulses')?.setData({
      type: 'FeatureCollection',
      features: shown.map(({ d }) => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [d.lon, d.lat] } })),
    });
  }

  /** Keeps one ring on the map for each cluster in view. */
  #drawRings() {
    if (!this.#map.getSource('devices') || !this.#map.isSourceLoaded('devices')) return;
    const seen = new Set();
    for (const f of this.#map.getZoom() < CLUSTERED + 1 ? this.#map.querySourceFeatures('devices', { filter: ['has', 'point_count'] }) : []) {
      const p = f.properties;
      const key = `${p.cluster_id}:${STATES.map((s) => p[s]).join(':')}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (this.#rings.has(key)) continue;
      const marker = new maplibre.Marker({ element: this.#ring(p, f.geometry.coordinates) });
      this.#rings.set(key, marker.setLngLat(f.geometry.coordinates).addTo(this.#map));
    }
    for (const [key, marker] of this.#rings) {
      if (seen.has(key)) continue;
      marker.remove();
      this.#rings.delete(key);
    }
  }

  #ring(p, at) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'ring';
    const text = `${compact(p.point_count)}: ${STATES.filter((s) => p[s]).map((s) => `${p[s]} ${t(s)}`).join(', ')}`;
    button.dataset.count = p.point_count;
    button.setAttribute('aria-label', text);
    button.title = text;
    button.append(ringPicture(p));
    button.addEventListener('click', async () => {
      const zoom = await this.#map.getSource('devices').getClusterExpansionZoom(p.cluster_id);
      this.#map.easeTo({ center: at, zoom: Math.min(zoom + 0.5, 17), animate: !this.#still });
    });
    return button;
  }
}

/** What the map knows of a device. */
const featureOf = (d) => ({
  type: 'Feature', properties: { id: d.device_id, name: d.name ?? d.device_id, state: d.state },
  geometry: { type: 'Point', coordinates: [d.lon, d.lat] },
});

/** Whether a feature still says what is so. */
function isOf({ properties: p, geometry: { coordinates: [lon, lat] } }, d) {
  return p.state === d.state && lon === d.lon && lat === d.lat && p.name === (d.name ?? d.device_id);
}

/** A ring whose arcs are the shares of the states, with the count within. */
function ringPicture(p) {
  const n = p.point_count;
  const r = n >= 1000 ? 27 : n >= 100 ? 23 : n >= 10 ? 19 : 16;
  const size = 2 * r + 4;
  const middle = size / 2;
  const around = 2 * Math.PI * (r - 3);
  const picture = svg('svg', { width: size, height: size, viewBox: `0 0 ${size} ${size}`, 'aria-hidden': 'true' });
  picture.append(svg('circle', { cx: middle, cy: middle, r, class: 'ring-ground' }));
  let start = 0;
  for (const s of STATES.filter((s) => p[s])) {
    const part = (p[s] / n) * around;
    picture.append(svg('circle', {
      cx: middle, cy: middle, r: r - 3, class: `ring-arc ring-${s}`, transform: `rotate(-90 ${middle} ${middle})`,
      'stroke-dasharray': `${Math.max(part - 1, 1)} ${around}`, 'stroke-dashoffset': -start,
    }));
    start += part;
  }
  const label = svg('text', { x: middle, y: middle, class: 'ring-count' });
  label.textContent = compact(n);
  picture.append(label);
  return picture;
}

/** A point for a zone's name: the middle of its box. On the area itself a name would stand once a tile. */
function labelOf({ properties, geometry }) {
  const box = new maplibre.LngLatBounds();
  for (const polygon of geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates) {
    for (const position of polygon[0]) box.extend(position);
  }
  return { type: 'Feature', properties: { zone: properties.zone }, geometry: { type: 'Point', coordinates: box.getCenter().toArray() } };
}

/** A disc of the comune's area, where its outline is not known. */
function disc({ point, area_km2: area }) {
  const radius = Math.sqrt(area / Math.PI) / 111.2;
  const ring = [];
  for (let i = 0; i <= 64; i++) {
    const a = (i / 64) * 2 * Math.PI;
    ring.push([point.lon + (radius * Math.cos(a)) / Math.cos((point.lat * Math.PI) / 180), point.lat + radius * Math.sin(a)]);
  }
  return { type: 'Polygon', coordinates: [ring] };
}

// The picture with its mask, painted on in the page; nothing is sent before a run.
const stage = element.querySelector('.mask-stage'), picture = stage.querySelector('img'), view = stage.querySelector('canvas');
const ring = stage.querySelector('.mask-ring'), frame = stage.querySelector('.mask-box'), size = element.querySelector('.mask-size'), undo = element.querySelector('[data-act=undo]');
const mask = document.createElement('canvas'), pen = mask.getContext('2d', { willReadFrequently: true });  // opaque: repaint
const LONGEST_VIEW = 1024, OPAQUE = 128, UNDO_BYTES = 96e6, CLICK = 5, SHALLOW = 12;  // pixels: of the screen that a click may move; of a hole that any model fills
let shape = { invert: false, grow: 0, feather: 0 }, room = { left: 0, right: 0, top: 0, bottom: 0 }, tool = 'brush', stroke = null, corner = null, joined = '', told = 0, past = [], touched = false, loads = 0;

// --- the mask as the run will shape it: see aigc_core/media/mask.py ---

const parabolas = (f, n, out) => {  // lower envelope of the parabolas f[i] + (x - i)², Felzenszwalb & Huttenlocher 2012
  const at = new Int32Array(n), from = new Float32Array(n + 1);
  let k = 0; from[0] = -Infinity; from[1] = Infinity;
  for (let q = 1; q < n; q++) {
    let s;
    do s = ((f[q] + q * q) - (f[at[k]] + at[k] * at[k])) / (2 * q - 2 * at[k]); while (s <= from[k] && --k >= 0);
    at[++k] = q; from[k] = s; from[k + 1] = Infinity;
  }
  for (let q = 0, i = 0; q < n; q++) { while (from[i + 1] < q) i++; out[q] = (q - at[i]) ** 2 + f[at[i]]; }
};
const distance = (inside, w, h) => {  // of each pixel to the nearest one that is not inside
  const far = 1e9, d = Float32Array.from(inside, one => one ? far : 0), longest = Math.max(w, h);
  const line = new Float32Array(longest), out = new Float32Array(longest);
  for (let x = 0; x < w; x++) { for (let y = 0; y < h; y++) line[y] = d[y * w + x]; parabolas(line, h, out); for (let y = 0; y < h; y++) d[y * w + x] = out[y]; }
  for (let y = 0; y < h; y++) { for (let x = 0; x < w; x++) line[x] = d[y * w + x]; parabolas(line, w, out); for (let x = 0; x < w; x++) d[y * w + x] = Math.sqrt(out[x]); }
  return d;
};
const shaped = (hole, w, h, scale) => {  // weights in [0, 1]
  const { invert, feather } = shape, grow = shape.grow * scale;
  if (invert) hole = hole.map(one => 1 - one);
  if (grow > 0) { const d = distance(hole.map(one => 1 - one), w, h); hole = Uint8Array.from(d, one => one <= grow ? 1 : 0); }
  if (grow < 0) { const d = distance(hole, w, h); hole = Uint8Array.from(d, one => one > -grow ? 1 : 0); }
  return feather ? distance(hole, w, h).map(one => Math.min(one / (feather * scale + 1), 1)) : Float32Array.from(hole);
};
const opaque = (context, w, h) => {
  const data = context.getImageData(0, 0, w, h).data, hole = new Uint8Array(w * h);
  for (let i = 0; i < hole.length; i++) hole[i] = data[4 * i + 3] >= OPAQUE ? 1 : 0;
  return hole;
};
const draw = () => {
  const context = view.getContext('2d', { willReadFrequently: true }), { width: w, height: h } = view;
  context.clearRect(0, 0, w, h); context.drawImage(mask, 0, 0, w, h);
  const shown = context.createImageData(w, h), weight = shaped(opaque(context, w, h), w, h, w / mask.width);
  for (let i = 0; i < weight.length; i++) { shown.data.set([255, 40, 80, 140 * weight[i]], 4 * i); }
  context.putImageData(shown, 0, 0);
};
const measure = () => {  // tells how deep the hole is, in pixels of the picture, once it may be too deep for a model
  const { width: w, height: h } = view, shown = view.getContext('2d').getImageData(0, 0, w, h).data;
  const hole = new Uint8Array(w * h).map((_, i) => shown[4 * i + 3] ? 1 : 0);
  const inner = distance(hole, w, h).reduce((most, one) => one < 1e4 && one > most ? one : most, 0) * mask.width / w;
  const outer = Math.hypot(Math.max(room.left, room.right) / 100 * mask.width, Math.max(room.top, room.bottom) / 100 * mask.height);
  const depth = Math.round(Math.max(inner, outer));
  if (depth === told || Math.max(depth, told) <= SHALLOW) return;
  told = depth; trigger('edit', { index: depth });
};
let waiting = 0, pause = 0;
const redraw = () => {
  waiting ||= requestAnimationFrame(() => { waiting = 0; draw(); });
  clearTimeout(pause); pause = setTimeout(measure, 300);
};

// --- what comes from the server, and what goes there ---

const read = url => new Promise((done, failed) => { const image = new Image(); image.onload = () => done(image); image.onerror = failed; image.src = url; });
const arrange = () => {  // the picture within the frame of what will be added, in percent of its sides
  const wide = 100 + room.left + room.right, high = 100 + room.top + room.bottom;
  for (const [side, percent] of Object.entries(room)) stage.style.setProperty(`--${side}`, `${100 * percent / (side === 'top' || side === 'bottom' ? high : wide)}%`);
  stage.style.setProperty('--shape', `${mask.width * wide} / ${mask.height * high}`);
  stage.style.setProperty('--ratio', mask.width * wide / (mask.height * high));
};
const load = async () => {
  const { picture: url, width, height, mask: given, name } = props.value || {}, mine = ++loads;
  if (!url) return;
  if (given && mine > 1) forget();  // a mask was opened; the first one comes with the page
  const painted = kept(name), shown = painted ?? given, hole = shown ? await read(shown) : null;
  if (mine !== loads) return;
  picture.src = url; mask.width = width; mask.height = height;
  const scale = Math.min(1, LONGEST_VIEW / Math.max(width, height));
  view.width = Math.max(1, Math.round(width * scale)); view.height = Math.max(1, Math.round(height * scale));
  arrange();
  if (hole) pen.drawImage(hole, 0, 0, width, height);
  past = []; touched = false; undo.disabled = true; redraw();
  if (painted) { touched = true; trigger('input'); }
};

// --- what was painted, kept by the window for a reload ---

const KEPT = 'aigc-mask', LONGEST = 2e6, SETTLED_MS = 400;  // characters of its data URL; a mask of more is not kept
let settling = 0;
const kept = name => {
  try {
    const [picture, url] = JSON.parse(sessionStorage.getItem(KEPT));
    return picture === name ? url : null;
  } catch { return null; }  // nothing was painted, or private browsing
};
const forget = () => { try { sessionStorage.removeItem(KEPT); } catch { /* as above */ } };
const keep = () => {
  clearTimeout(settling); settling = 0;
  const url = mask.toDataURL();
  try { if (url.length <= LONGEST) sessionStorage.setItem(KEPT, JSON.stringify([props.value.name, url])); else forget(); }
  catch { forget(); }  // full
};
const keepSoon = () => { clearTimeout(settling); settling = setTimeout(keep, SETTLED_MS); };
addEventListener('pagehide', () => { if (settling) keep(); });
const file = async () => {
  const { width: w, height: h } = mask, sheet = Object.assign(document.createElement('canvas'), { width: w, height: h });
  const context = sheet.getContext('2d'), pixels = context.createImageData(w, h), hole = opaque(pen, w, h);
  for (let i = 0; i < hole.length; i++) pixels.data.set([255 * hole[i], 255 * hole[i], 255 * hole[i], 255], 4 * i);
  context.putImageData(pixels, 0, 0);
  const blob = await new Promise(done => sheet.toBlob(done, 'image/png'));
  const sent = await upload(new File([blob], 'mask.png', { type: 'image/png' }));
  return { path: sent.path, url: sent.url, orig_name: 'mask.png', meta: { _type: 'gradio.FileData' } };
};
window.aigcMask = {
  given: async mask => mask ?? (props.value ? await file() : null),  // a mask file that nothing was painted on goes as it is
  shape: (invert, grow, feather) => { shape = { invert, grow, feather }; redraw(); },
  join: async found => {  // a part of the mask that the server has found, told as "number address"
    const mine = loads, object = found && found !== joined ? await read(found.slice(found.indexOf(' ') + 1)) : null;
    joined = found; stage.removeAttribute('aria-busy');
    if (!object || mine !== loads || object.naturalWidth !== mask.width || object.naturalHeight !== mask.height) return;  // of another picture
    remember(); pen.drawImage(object, 0, 0); redraw(); keepSoon();
  },
  measure: () => { told = 0; measure(); },
  extend: (left, right, top, bottom) => { room = { left, right, top, bottom }; arrange(); redraw(); },
};

// --- painting ---

const remember = () => {
  const copy = Object.assign(document.createElement('canvas'), { width: mask.width, height: mask.height });
  copy.getContext('2d').drawImage(mask, 0, 0);
  past.push(copy); undo.disabled = false;
  while (past.length > 1 && past.length * mask.width * mask.height * 4 > UNDO_BYTES) past.shift();
  if (!touched) { touched = true; trigger('input'); }  // the uploaded mask is no longer the one that is shown
};
const place = event => {
  const box = view.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width * mask.width, y: (event.clientY - box.top) / box.height * mask.height, scale: mask.width / box.width };
};
const paint = event => {
  const to = place(event);
  pen.globalCompositeOperation = tool === 'eraser' ? 'destination-out' : 'source-over';
  pen.lineCap = pen.lineJoin = 'round'; pen.lineWidth = size.value * to.scale; pen.strokeStyle = '#fff';
  pen.beginPath(); pen.moveTo(stroke.x, stroke.y); pen.lineTo(to.x + .01, to.y); pen.stroke();  // a tap is a dot: no line is quite empty
  pen.globalCompositeOperation = 'source-over';
  stroke = to; redraw();
};
const select = event => {  // a click is a point on an object, a drag a box around it
  const from = place(corner), to = place(event), far = Math.hypot(event.clientX - corner.clientX, event.clientY - corner.clientY) > CLICK;
  const at = (x, y, least) => [[x, mask.width], [y, mask.height]].map(([value, side]) => Math.max(0, Math.min(side - least, Math.round(value))));
  const box = [...at(Math.min(from.x, to.x), Math.min(from.y, to.y), 1), ...at(Math.max(from.x, to.x), Math.max(from.y, to.y), 0)];
  stage.setAttribute('aria-busy', 'true');
  trigger('select', { index: far && box[2] > box[0] && box[3] > box[1] ? box : at(from.x, from.y, 1) });
};
const outline = event => {
  frame.hidden = !corner;
  if (!corner) return;
  const box = stage.getBoundingClientRect(), left = Math.min(corner.clientX, event.clientX), top = Math.min(corner.clientY, event.clientY);
  frame.style.cssText = `left:${left - box.left}px;top:${top - box.top}px;width:${Math.abs(event.clientX - corner.clientX)}px;height:${Math.abs(event.clientY - corner.clientY)}px`;
};
const follow = event => {
  const box = stage.getBoundingClientRect();
  ring.hidden = event.pointerType === 'touch' || tool === 'object';
  ring.style.cssText = `left:${event.clientX - box.left}px;top:${event.clientY - box.top}px;width:${size.value}px;height:${size.value}px`;
};
view.addEventListener('pointerdown', event => {
  if (event.button || !event.isPrimary || !props.value) return;
  event.preventDefault(); view.focus({ preventScroll: true }); view.setPointerCapture(event.pointerId);
  if (tool === 'object') { corner = event; return; }
  remember(); stroke = place(event); paint(event);
});
view.addEventListener('pointermove', event => {
  follow(event); outline(event);
  if (stroke && event.isPrimary) for (const one of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) paint(one);
});
for (const end of ['pointerup', 'pointercancel']) view.addEventListener(end, event => {
  if (stroke) keepSoon();
  if (corner && end === 'pointerup') select(event);
  stroke = corner = null; frame.hidden = true;
});
view.addEventListener('pointerleave', () => { ring.hidden = true; });
const acts = {
  undo: () => { const copy = past.pop(); if (copy) { pen.clearRect(0, 0, mask.width, mask.height); pen.drawImage(copy, 0, 0); } undo.disabled = !past.length; },
  clear: () => { remember(); pen.clearRect(0, 0, mask.width, mask.height); },
  invert: () => { remember(); pen.globalCompositeOperation = 'xor'; pen.fillStyle = '#fff'; pen.fillRect(0, 0, mask.width, mask.height); pen.globalCompositeOperation = 'source-over'; },
};
element.addEventListener('click', event => {
  const button = event.target.closest('.mask-tools button');
  if (button?.dataset.tool) {
    tool = button.dataset.tool;
    for (const one of element.querySelectorAll('[data-tool]')) one.setAttribute('aria-pressed', one === button);
  } else if (button && props.value) { acts[button.dataset.act](); redraw(); keepSoon(); }
});
view.addEventListener('keydown', event => {
  if ((event.ctrlKey || event.metaKey) && event.key === 'z') { event.preventDefault(); acts.undo(); redraw(); keepSoon(); }
});
for (const [kind, files] of [['drop', event => event.dataTransfer?.files], ['paste', event => event.clipboardData?.files]]) {
  element.addEventListener(kind, event => {  // as if it had been chosen with the button
    const input = document.querySelector('.mask-open')?.previousElementSibling, found = files(event);
    if (!found?.length || !input) return;
    event.preventDefault(); input.files = found; input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}
element.addEventListener('dragover', event => event.preventDefault());
watch('value', load);
load();

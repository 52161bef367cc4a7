// What somebody is about to do, and the Idempotency-Key it is done under. The key stays with the same
// content until it is settled, also over a reload or the back button, so that it happens once.

const place = (name) => `intention ${name}`;

// The key for `content` of the intention called `name`: the one it had, or a new one.
export function keyFor(name, content) {
  const text = JSON.stringify(content);
  const known = JSON.parse(sessionStorage.getItem(place(name)) ?? 'null');
  if (known?.text === text) return known.key;
  const key = newKey();
  sessionStorage.setItem(place(name), JSON.stringify({ text, key }));
  return key;
}

// What is not settled yet: whether it was done is not known. null when there is nothing.
export function unsettled(name) {
  const known = JSON.parse(sessionStorage.getItem(place(name)) ?? 'null');
  return known && JSON.parse(known.text);
}

// Nobody knows whether it was done.
export const isUnknown = ({ code, status }) =>
  code === 'offline' || code === 'idempotency_key_in_use' || status >= 500;

// Does work(key) once: what nobody knows the end of, or what waits for a login, is asked for again under the
// same key, and a refusal is not, which the API would only repeat.
export async function once(name, content, work) {
  try {
    const done = await work(keyFor(name, content));
    settle(name);
    return done;
  } catch (refusal) {
    if (!isUnknown(refusal) && refusal.status !== 401) settle(name);
    throw refusal;
  }
}

// It was done, or definitely refused: the next time is a new one.
export function settle(name) {
  sessionStorage.removeItem(place(name));
}

// Not crypto.randomUUID: a page over plain HTTP on another host than localhost has none.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

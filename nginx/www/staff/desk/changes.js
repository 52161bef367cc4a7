// What the desk changes. Each change has an Idempotency-Key of its own and carries the version that was seen, so that
// neither a lost answer nor a second press does it twice, and nobody's change is lost under another's.
import { keyFor, settle } from '../../shared/intention.js';
import { api } from '../session.js';
import { stepsTo } from './status.js';

// No answer came, so it may have been done or not. Asked again with the same content it is done once.
export const isUnknown = ({ code, status }) =>
  code === 'offline' || code === 'idempotency_key_in_use' || status >= 500;

async function once(method, path, body, version) {
  const name = `${method} ${path}`;
  const key = keyFor(name, { body, version });
  try {
    const done = await api.send(method, path, body, { key, version });
    settle(name);
    return done;
  } catch (refusal) {
    if (!isUnknown(refusal)) settle(name);
    throw refusal;
  }
}

export const book = (booking) => once('POST', '/appointments', booking);

export const move = ({ id, version }, to) => once('PATCH', `/appointments/${id}`, to, version);

export const admit = (patient) => once('POST', '/patients', patient);

// The same correction twice is the same: it needs no key, and a password is not kept beside one.
export const correct = ({ id }, correction) => api.send('PATCH', `/patients/${id}`, correction);

export async function setStatus({ id, status, version }, wanted, reason) {
  let changed = { version };
  for (const step of stepsTo(status, wanted)) {
    const body = reason ? { status: step, reason } : { status: step };
    changed = await once('PATCH', `/appointments/${id}/status`, body, changed.version);
  }
  return changed;
}

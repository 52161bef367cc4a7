// What the desk changes. Each change has an Idempotency-Key of its own and carries the version that was seen, so that
// neither a lost answer nor a second press does it twice, and nobody's change is lost under another's.
import { once } from '../../shared/intention.js';
import { api } from '../session.js';
import { stepsTo } from './status.js';

const change = (method, path, body, version) =>
  once(`${method} ${path}`, { body, version }, (key) =>
    api.send(method, path, body, { key, version }),
  );

export const book = (booking) => change('POST', '/appointments', booking);

export const move = ({ id, version }, to) => change('PATCH', `/appointments/${id}`, to, version);

export const admit = (patient) => change('POST', '/patients', patient);

// The same correction twice is the same: it needs no key, and a password is not kept beside one.
export const correct = ({ id }, correction) => api.send('PATCH', `/patients/${id}`, correction);

export async function setStatus({ id, status, version }, wanted, reason) {
  let changed = { version };
  for (const step of stepsTo(status, wanted)) {
    const body = reason ? { status: step, reason } : { status: step };
    changed = await change('PATCH', `/appointments/${id}/status`, body, changed.version);
  }
  return changed;
}

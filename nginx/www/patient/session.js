// Who the visitor is, and the hospital they visit.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Api } from '../shared/api.js';
import { useWork } from '../shared/ui.jsx';

// undefined: not known yet; null: nobody; else {id, name, phone}.
export const me = signal(undefined);

// Set when a session has ended by itself: what was open stays behind the login.
export const expired = signal(false);

// Whether somebody has logged in here before: else there is no need to ask who they are.
const known = 'somebody has logged in';

export const api = new Api({
  root: '/api/v1/patient',
  auth: '/auth/patient',
  onExpired() {
    expired.value = Boolean(me.value);
    if (!expired.value) enter(null);
  },
});

function enter(patient) {
  if (patient) localStorage.setItem(known, 'yes');
  else localStorage.removeItem(known);
  me.value = patient;
  expired.value = false;
}

// Who was asked to log in again, and does not.
export const leave = () => enter(null);

// What a patient does; whoever logs in again is no longer told that they must.
export function useOwnWork() {
  const work = useWork();
  useEffect(work.forget, [me.value]);
  return work;
}

export async function recognise() {
  if (!localStorage.getItem(known)) return enter(null);
  try {
    enter(await api.get('/me'));
  } catch (refusal) {
    if (refusal.status !== 401) throw refusal;
    enter(null);
  }
  return me.value;
}

export async function logIn(phone, password) {
  const { patient } = await api.send('POST', '/auth/patient/login', { phone, password });
  enter(patient);
}

export async function register(registration) {
  const { patient } = await api.send('POST', '/auth/patient/register', registration);
  enter(patient);
}

export async function logOut() {
  await api.send('POST', '/auth/patient/logout');
  enter(null);
}

export async function correctMe(correction) {
  enter(await api.send('PATCH', '/me', correction));
}

// {hospital, doctors, treatments}, asked for once.
export async function loadOffer() {
  const [hospital, doctors, treatments] = await Promise.all([
    api.get('/hospital'),
    api.list('/doctors'),
    api.list('/treatments'),
  ]);
  return { hospital, doctors, treatments };
}

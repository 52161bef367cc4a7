// Who of the staff is here, for the whole console.
import { signal } from '@preact/signals';
import { Api } from '../shared/api.js';

// undefined: not known yet; null: nobody; else {id, name, email, role}.
export const me = signal(undefined);

// Set when a session has ended by itself: what was open stays behind the login.
export const expired = signal(false);

export const api = new Api({
  root: '/api/v1/admin',
  auth: '/auth',
  onExpired() {
    expired.value = Boolean(me.value);
    if (!expired.value) me.value = null;
  },
});

const ranks = ['viewer', 'desk', 'admin'];

// Roles contain each other.
export const may = (role) => ranks.indexOf(me.value?.role) >= ranks.indexOf(role);

export async function recognise() {
  try {
    me.value = await api.get('/me');
  } catch (refusal) {
    if (refusal.status !== 401) throw refusal;
    me.value = null;
  }
}

export async function logIn(email, password) {
  const { staff } = await api.send('POST', '/auth/login', { email, password });
  me.value = staff;
  expired.value = false;
}

export async function logOut() {
  await api.send('POST', '/auth/logout');
  me.value = null;
}

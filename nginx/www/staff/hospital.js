// The hospital's settings and its clock, for the whole console. `hospital.value` is undefined until it is known.
import { signal } from '@preact/signals';
import { api } from './session.js';

export const hospital = signal(undefined);

export async function loadHospital() {
  hospital.value = (await api.look('/hospital')).body;
  return hospital.value;
}

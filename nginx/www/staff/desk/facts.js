// What the desk knows of the hospital and of its days. Both are looked at again while the page is visible, so that
// what others change appears by itself.
import { useLoaded } from '../../shared/ui.jsx';
import { api } from '../session.js';

const slowly = 15_000;
const quickly = 4_000;

// {hospital, doctors, treatments, slots}: `hospital.now` is what its clock shows.
export function useFacts() {
  return useLoaded(loadFacts, [], slowly);
}

async function loadFacts() {
  const [hospital, doctors, treatments, slots] = await Promise.all([
    api.look('/hospital'),
    api.list('/doctors'),
    api.list('/treatments'),
    api.list('/hospital-slots'),
  ]);
  return { hospital: hospital.body, doctors, treatments, slots };
}

// {appointments, closures} of the days from one date to another, both included.
export function useDays(from, to) {
  return useLoaded(() => loadDays(from, to), [from, to], quickly);
}

async function loadDays(from, to) {
  const [appointments, closures] = await Promise.all([
    api.list('/appointments', { from, to }),
    api.list('/closures', { from, to }),
  ]);
  return { appointments, closures };
}

export function useAppointment(id) {
  return useLoaded(async () => (await api.look(`/appointments/${id}`)).body, [id], quickly);
}

export const departmentsOf = (doctors) =>
  [
    ...new Set(
      doctors.filter(({ is_active: active }) => active).map(({ department }) => department),
    ),
  ].sort();

export const nameOf = (things, id) => things.find((thing) => thing.id === id)?.name ?? `#${id}`;

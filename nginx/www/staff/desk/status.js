// What may become of an appointment, as lib/status.c has it, and what the desk does at one touch.

export const statuses = ['pending', 'confirmed', 'arrived', 'completed', 'no_show', 'cancelled'];

// Who comes without having been confirmed is confirmed on the way.
const touches = {
  pending: ['confirmed', 'arrived', 'no_show'],
  confirmed: ['arrived', 'completed', 'no_show'],
  arrived: ['completed', 'no_show'],
};

const hasBegun = ({ start_time: start }, now) => start.slice(0, 16) <= now.slice(0, 16);

// What one touch may make of the appointment at the hospital's time `now`; nobody has failed to come before the start.
export function touchesOf(appointment, now) {
  const offered = touches[appointment.status] ?? [];
  return offered.filter((status) => status !== 'no_show' || hasBegun(appointment, now));
}

// The statuses that it goes through, the one that is wanted last.
export function stepsTo(status, wanted) {
  const isConfirmedFirst = status === 'pending' && !['confirmed', 'cancelled'].includes(wanted);
  return isConfirmedFirst ? ['confirmed', wanted] : [wanted];
}

export const isOpen = ({ status }) => status in touches;
export const isExpected = ({ status }) => status === 'pending' || status === 'confirmed';
export const isLate = (appointment, now) => isExpected(appointment) && hasBegun(appointment, now);

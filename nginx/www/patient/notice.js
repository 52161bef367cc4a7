// Until when a patient may move or cancel an appointment. The API decides; the page says so before.
import { minutesBefore } from '../shared/time.js';

export const isOpen = ({ status }) => status === 'pending' || status === 'confirmed';

export const lastMoment = ({ start_time: start }, { cancel_notice_minutes: notice }) =>
  minutesBefore(start, notice);

export const isInTime = (appointment, hospital) =>
  lastMoment(appointment, hospital) >= hospital.now.slice(0, 16);

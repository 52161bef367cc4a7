// The desk: the day, the calendar, and the patients.
import { Calendar } from './calendar.jsx';
import { Patients } from './patients.jsx';
import { Today } from './today.jsx';

export const places = { today: Today, calendar: Calendar, patients: Patients };

// The dialog that is open over a place of the desk, if one is. One may lead to another.
//   {appointment: id, moving: {doctor_id, start_time}}, {patient: id}, {booking: {doctor_id, start, patient}}
import { useState } from 'preact/hooks';
import { AppointmentDialog } from './appointment.jsx';
import { BookingDialog } from './booking.jsx';
import { PatientDialog } from './patient.jsx';

// onChanged: called when something may have been changed in a dialog, so that it shows behind it.
export function useOpen(onChanged) {
  const [open, setOpen] = useState(null);
  const [said, setSaid] = useState('');
  return {
    open,
    said,
    show: setOpen,
    say: setSaid,
    close: () => {
      setOpen(null);
      onChanged?.();
    },
    done: (sentence) => {
      setOpen(null);
      setSaid(sentence);
      onChanged?.();
    },
  };
}

export function Open({ dialogs, facts }) {
  const { open } = dialogs;
  if (open?.appointment) {
    return (
      <AppointmentDialog
        key={open.appointment}
        id={open.appointment}
        moving={open.moving}
        facts={facts}
        dialogs={dialogs}
      />
    );
  }
  if (open?.patient) {
    return <PatientDialog key={open.patient} id={open.patient} facts={facts} dialogs={dialogs} />;
  }
  if (open?.booking) return <BookingDialog wish={open.booking} facts={facts} dialogs={dialogs} />;
  return null;
}

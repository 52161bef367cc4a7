// Booking for a patient.
import { useState } from 'preact/hooks';
import { isUnknown } from '../../shared/intention.js';
import { showMoment } from '../../shared/time.js';
import { Dialog, Field, Refused, useWork } from '../../shared/ui.jsx';
import { book } from './changes.js';
import { PatientField } from './find.jsx';
import { OverrideField, PlaceFields, startOf, useFull } from './place.jsx';
import { partsOf } from './times.jsx';
import { t } from './words.js';

// wish: {doctor_id, start, patient}, each if it is known.
export function BookingDialog({ wish, facts, dialogs }) {
  const [patient, setPatient] = useState(wish.patient ?? null);
  const [values, setValues] = useState({
    treatment_id: '',
    doctor_id: wish.doctor_id ? String(wish.doctor_id) : '',
    ...(wish.start ? partsOf(wish.start) : { date: facts.hospital.now.slice(0, 10), time: '' }),
    memo: '',
    reason: '',
  });
  const work = useWork();
  const isFull = useFull(values, work.refusal);
  const submit = async (event) => {
    event.preventDefault();
    const booked = await work.run(() =>
      book({
        patient_id: patient.id,
        doctor_id: Number(values.doctor_id),
        treatment_id: Number(values.treatment_id),
        start_time: startOf(values),
        memo: values.memo.trim() || null,
        ...(isFull ? { override: { reason: values.reason } } : {}),
      }),
    );
    if (!booked) return;
    dialogs.done(
      t('booked', {
        name: booked.patient.name,
        moment: showMoment(booked.start_time),
        doctor: booked.doctor.name,
      }),
    );
  };
  return (
    <Dialog title={t('new appointment')} onClose={dialogs.close}>
      <div class="form">
        <PatientField patient={patient} onPatient={setPatient} />
        <form class="form" onSubmit={submit}>
          <PlaceFields
            facts={facts}
            values={values}
            patientId={patient?.id}
            errorOf={work.errorOf}
            onChange={setValues}
          />
          <Field
            label={t('memo')}
            hint={t('memoHint')}
            maxLength={1000}
            value={values.memo}
            error={work.errorOf('memo')}
            onInput={(event) => setValues({ ...values, memo: event.target.value })}
          >
            {(attributes) => <textarea rows={2} {...attributes} />}
          </Field>
          <Refused refusal={work.refusal}>
            {work.refusal && isUnknown(work.refusal) && <p>{t('unknown')}</p>}
          </Refused>
          {isFull && (
            <OverrideField
              value={values.reason}
              onValue={(reason) => setValues({ ...values, reason })}
            />
          )}
          <div class="actions">
            <button class="main" disabled={work.busy || !patient}>
              {t(isFull ? 'override do' : 'book')}
            </button>
          </div>
        </form>
      </div>
    </Dialog>
  );
}

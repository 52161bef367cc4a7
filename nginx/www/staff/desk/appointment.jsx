// An appointment: what it is, what may become of it, and what has become of it so far.
import { useState } from 'preact/hooks';
import { isUnknown } from '../../shared/intention.js';
import { showMoment, showPhone, showTime, showWon } from '../../shared/time.js';
import { Dialog, Field, Loading, LoadRefused, Refused, useWork } from '../../shared/ui.jsx';
import { may } from '../session.js';
import { move, setStatus } from './changes.js';
import { useAppointment } from './facts.js';
import { History } from './history.jsx';
import { OverrideField, PlaceFields, startOf, useFull } from './place.jsx';
import { isOpen } from './status.js';
import { partsOf } from './times.jsx';
import { Touches } from './touches.jsx';
import { t } from './words.js';

// moving: where it is to go, once there is a reason to exceed the room.
export function AppointmentDialog({ id, moving, facts, dialogs }) {
  const { data: appointment, refusal, reload } = useAppointment(id);
  const title = appointment
    ? t('appointment of', { name: appointment.patient.name })
    : t('appointment');
  return (
    <Dialog title={title} wide onClose={dialogs.close}>
      <LoadRefused refusal={refusal} onAgain={reload} />
      {appointment ? (
        <Content
          appointment={appointment}
          moving={moving}
          facts={facts}
          dialogs={dialogs}
          onChanged={reload}
        />
      ) : (
        <Loading />
      )}
    </Dialog>
  );
}

function Content({ appointment, moving, facts, dialogs, onChanged }) {
  const [part, setPart] = useState(moving ? 'move' : null);
  const [said, setSaid] = useState('');
  const changed = (sentence) => {
    if (sentence) {
      setPart(null);
      setSaid(sentence);
    }
    onChanged();
  };
  const parts = [...(may('desk') && isOpen(appointment) ? ['move', 'cancel'] : []), 'history'];
  const { patient } = appointment;
  return (
    <div class="form">
      <Details appointment={appointment} />
      <p role="status" class="said">
        {said}
      </p>
      <Touches appointment={appointment} now={facts.hospital.now} onChanged={changed} />
      <div class="actions">
        {parts.map((name) => (
          <button
            key={name}
            type="button"
            aria-expanded={part === name}
            onClick={() => setPart(part === name ? null : name)}
          >
            {t(name)}
          </button>
        ))}
        {may('desk') && (
          <button type="button" onClick={() => dialogs.show({ patient: patient.id })}>
            {t('patient page')}
          </button>
        )}
      </div>
      {part === 'move' && (
        <Move appointment={appointment} moving={moving} facts={facts} onChanged={changed} />
      )}
      {part === 'cancel' && <Cancel appointment={appointment} onChanged={changed} />}
      {part === 'history' && <History appointment={appointment} facts={facts} />}
    </div>
  );
}

function Details({ appointment }) {
  const { patient, doctor, treatment, status, memo, visit_type: visit } = appointment;
  const { start_time: start, end_time: end } = appointment;
  const rows = [
    ['when', `${showMoment(start)} – ${showTime(end)}`],
    ['status', t(status)],
    ['patient', patient.name],
    ['phone', showPhone(patient.phone)],
    ['doctor', `${doctor.name} (${doctor.department})`],
    ['treatment', `${treatment.name} · ${t('minutes', { count: treatment.duration_minutes })}`],
    ['price', showWon(treatment.price)],
    ['visit', t(visit)],
    ...(memo ? [['memo', memo]] : []),
  ];
  return (
    <dl class="details">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{t(name)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// Only what was changed in the form is sent, so that a treatment that stays keeps its price, and what others have
// changed meanwhile stays theirs.
const changesOf = (appointment, values, isFull) => ({
  ...(values.doctor_id === String(appointment.doctor.id)
    ? {}
    : { doctor_id: Number(values.doctor_id) }),
  ...(values.treatment_id === String(appointment.treatment.id)
    ? {}
    : { treatment_id: Number(values.treatment_id) }),
  ...(startOf(values) === appointment.start_time.slice(0, 16)
    ? {}
    : { start_time: startOf(values) }),
  ...(values.memo === (appointment.memo ?? '') ? {} : { memo: values.memo.trim() || null }),
  ...(isFull ? { override: { reason: values.reason } } : {}),
});

function Move({ appointment, moving, facts, onChanged }) {
  const [before] = useState(appointment);
  const [values, setValues] = useState({
    treatment_id: String(appointment.treatment.id),
    doctor_id: String(moving?.doctor_id ?? appointment.doctor.id),
    ...partsOf(moving?.start_time ?? appointment.start_time),
    memo: appointment.memo ?? '',
    reason: '',
  });
  const work = useWork();
  const isFull = useFull(values, work.refusal, Boolean(moving));
  const submit = async (event) => {
    event.preventDefault();
    const moved = await work.run(() => move(appointment, changesOf(before, values, isFull)));
    const name = appointment.patient.name;
    onChanged(moved && t('moved', { name, moment: showMoment(moved.start_time) }));
  };
  return (
    <form class="form inset" onSubmit={submit}>
      {before.version !== appointment.version && (
        <p class="notice warn" role="status">
          {t('changed meanwhile')}
        </p>
      )}
      <PlaceFields
        facts={facts}
        values={values}
        patientId={appointment.patient.id}
        moving={appointment.id}
        errorOf={work.errorOf}
        onChange={setValues}
      />
      <Field
        label={t('memo')}
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
        <button class="main" disabled={work.busy}>
          {t(isFull ? 'override move' : 'do move')}
        </button>
      </div>
    </form>
  );
}

function Cancel({ appointment, onChanged }) {
  const [reason, setReason] = useState('');
  const work = useWork();
  const submit = async (event) => {
    event.preventDefault();
    const cancelled = await work.run(() => setStatus(appointment, 'cancelled', reason.trim()));
    const { name } = appointment.patient;
    onChanged(cancelled && t('became', { name, status: t(cancelled.status) }));
  };
  return (
    <form class="form inset" onSubmit={submit}>
      <Field
        label={t('reason')}
        maxLength={500}
        value={reason}
        error={work.errorOf('reason')}
        onInput={(event) => setReason(event.target.value)}
      />
      <Refused refusal={work.refusal} />
      <div class="actions">
        <button class="danger" disabled={work.busy}>
          {t('do cancel')}
        </button>
      </div>
    </form>
  );
}

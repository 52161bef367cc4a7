// A patient: how they are reached, what they have booked.
import { useState } from 'preact/hooks';
import { showMoment, showPhone } from '../../shared/time.js';
import {
  Dialog,
  Field,
  Loading,
  LoadRefused,
  Refused,
  useLoaded,
  useValues,
  useWork,
} from '../../shared/ui.jsx';
import { api } from '../session.js';
import { correct } from './changes.js';
import { t } from './words.js';

async function loadPatient(id) {
  const [patient, appointments] = await Promise.all([
    api.get(`/patients/${id}`),
    api.list('/appointments', { patient_id: id }),
  ]);
  return { patient, appointments };
}

export function PatientDialog({ id, facts, dialogs }) {
  const { data, refusal, reload } = useLoaded(() => loadPatient(id), [id]);
  const title = data ? t('patient of', { name: data.patient.name }) : t('patient');
  return (
    <Dialog title={title} wide onClose={dialogs.close}>
      <LoadRefused refusal={refusal} onAgain={reload} />
      {data ? (
        <Content {...data} now={facts.hospital.now} dialogs={dialogs} onChanged={reload} />
      ) : (
        <Loading />
      )}
    </Dialog>
  );
}

function Content({ patient, appointments, now, dialogs, onChanged }) {
  const isToCome = ({ start_time: start }) => start.slice(0, 16) >= now.slice(0, 16);
  const upcoming = appointments.filter(isToCome);
  const past = appointments.filter((one) => !isToCome(one)).reverse();
  return (
    <div class="form">
      <p class="chosen">
        <span>{showPhone(patient.phone)}</span>
        <button type="button" class="main" onClick={() => dialogs.show({ booking: { patient } })}>
          {t('book for')}
        </button>
      </p>
      <Correct patient={patient} onChanged={onChanged} />
      <section aria-labelledby="their-appointments">
        <h3 id="their-appointments">{t('their appointments')}</h3>
        {appointments.length === 0 && <p class="hint">{t('no appointments')}</p>}
        <Listed name="upcoming" appointments={upcoming} dialogs={dialogs} />
        <Listed name="past" appointments={past} dialogs={dialogs} />
      </section>
    </div>
  );
}

function Listed({ name, appointments, dialogs }) {
  if (appointments.length === 0) return null;
  return (
    <>
      <h4>{t(name)}</h4>
      <ul class="found">
        {appointments.map(({ id, start_time: start, doctor, treatment, status }) => (
          <li key={id}>
            <button type="button" onClick={() => dialogs.show({ appointment: id })}>
              {showMoment(start)} · {doctor.name} · {treatment.name} · {t(status)}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Correct({ patient, onChanged }) {
  const { values, change, typed } = useValues({
    name: patient.name,
    phone: showPhone(patient.phone),
    password: '',
  });
  const [said, setSaid] = useState('');
  const work = useWork();
  const submit = async (event) => {
    event.preventDefault();
    setSaid('');
    const { name, phone, password } = values;
    const saved = await work.run(() =>
      correct(patient, { name, phone, ...(password ? { password } : {}) }),
    );
    if (!saved) return;
    change({ password: '' });
    setSaid(t('saved'));
    onChanged();
  };
  return (
    <details>
      <summary>{t('correct')}</summary>
      <form class="form inset" onSubmit={submit}>
        <Field
          label={t('name')}
          required
          maxLength={100}
          value={values.name}
          error={work.errorOf('name')}
          onInput={typed('name')}
        />
        <Field
          label={t('phone')}
          type="tel"
          required
          value={values.phone}
          error={work.errorOf('phone')}
          onInput={typed('phone')}
        />
        <Field
          label={t('password')}
          type="password"
          autocomplete="new-password"
          hint={t('password hint')}
          minLength={8}
          maxLength={128}
          value={values.password}
          error={work.errorOf('password')}
          onInput={typed('password')}
        />
        <Refused refusal={work.refusal} />
        <p role="status">{said}</p>
        <div class="actions">
          <button class="main" disabled={work.busy}>
            {t('save')}
          </button>
        </div>
      </form>
    </details>
  );
}

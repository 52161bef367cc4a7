// Finding a patient by name or telephone, or registering a new one.
import { useEffect, useState } from 'preact/hooks';
import { showPhone } from '../../shared/time.js';
import { Field, LoadRefused, Refused, useLoaded, useValues, useWork } from '../../shared/ui.jsx';
import { api } from '../session.js';
import { admit } from './changes.js';
import { t } from './words.js';

const patience = 250; // milliseconds after the last key

function useSettled(text) {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), patience);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

// A search with its results; `action` names what pressing one does.
export function Finder({ onPatient }) {
  const [text, setText] = useState('');
  const sought = useSettled(text.trim());
  const { data, refusal, reload } = useLoaded(
    async () => (sought ? { ...(await api.get('/patients', { q: sought })), sought } : null),
    [sought],
  );
  return (
    <div class="finder">
      <Field
        label={t('search')}
        type="search"
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.target.value)}
      />
      <p role="status" class="hint">
        {data ? countOf(data) : t('search first')}
      </p>
      <LoadRefused refusal={refusal} onAgain={reload} />
      <ul class="found">
        {(data?.items ?? []).map((patient) => (
          <li key={patient.id}>
            <button type="button" onClick={() => onPatient(patient)}>
              <strong>{patient.name}</strong> <span>{showPhone(patient.phone)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

const countOf = ({ items, total }) =>
  items.length < total
    ? t('found more', { total, count: items.length })
    : t('found', { count: total });

export function NewPatient({ onPatient }) {
  const { values, typed } = useValues({ name: '', phone: '' });
  const work = useWork();
  const submit = async (event) => {
    event.preventDefault();
    const patient = await work.run(() => admit(values));
    if (patient) onPatient(patient);
  };
  return (
    <form class="form" onSubmit={submit}>
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
      <Refused refusal={work.refusal} />
      <div class="actions">
        <button class="main" disabled={work.busy}>
          {t('create patient')}
        </button>
      </div>
    </form>
  );
}

// Whom a booking is for.
export function PatientField({ patient, onPatient }) {
  const [isNew, setNew] = useState(false);
  if (patient) {
    return (
      <p class="chosen">
        <strong>{patient.name}</strong> <span>{showPhone(patient.phone)}</span>
        <button type="button" onClick={() => onPatient(null)}>
          {t('change')}
        </button>
      </p>
    );
  }
  return (
    <section class="inset" aria-label={t('patient')}>
      {isNew ? <NewPatient onPatient={onPatient} /> : <Finder onPatient={onPatient} />}
      <button type="button" aria-pressed={isNew} onClick={() => setNew(!isNew)}>
        {t('new patient')}
      </button>
    </section>
  );
}

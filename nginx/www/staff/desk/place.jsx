// Where an appointment is to be: treatment, doctor, day and time; and, once the room is known to be
// missing there, why more people are taken. Used for booking and for moving.
import { useEffect, useState } from 'preact/hooks';
import { Field } from '../../shared/ui.jsx';
import { TimeField } from './times.jsx';
import { t } from './words.js';

export function PlaceFields({ facts, values, patientId, moving, errorOf, onChange }) {
  const change = (name) => (value) => onChange({ ...values, [name]: value });
  const asked = {
    doctor_id: values.doctor_id,
    treatment_id: values.treatment_id,
    date: values.date,
    patient_id: moving ? undefined : patientId,
    moving,
  };
  return (
    <>
      <Choice
        label={t('treatment')}
        things={facts.treatments}
        value={values.treatment_id}
        error={errorOf('treatment_id')}
        onValue={change('treatment_id')}
      />
      <Choice
        label={t('doctor')}
        things={facts.doctors}
        value={values.doctor_id}
        error={errorOf('doctor_id')}
        onValue={change('doctor_id')}
      />
      <Field
        label={t('date')}
        type="date"
        required
        value={values.date}
        error={errorOf('start_time')}
        onInput={(event) => change('date')(event.target.value)}
      />
      <TimeField asked={asked} value={values.time} onValue={change('time')} />
    </>
  );
}

function Choice({ label, things, value, error, onValue }) {
  const shown = things.filter(({ id, is_active: active }) => active || String(id) === value);
  return (
    <Field label={label} required error={error} onChange={(event) => onValue(event.target.value)}>
      {(attributes) => (
        <select {...attributes}>
          <option value="" selected={!value}>
            {t('choose')}
          </option>
          {shown.map(({ id, name, department }) => (
            <option key={id} value={id} selected={String(id) === value}>
              {department ? `${name} (${department})` : name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

// Whether the place of `values` is one of which the hospital has said that it is full; another one is another question.
export function useFull(values, refusal, wasFull) {
  const { treatment_id: treatment, doctor_id: doctor, date, time } = values;
  const place = [treatment, doctor, date, time].join(' ');
  const [full, setFull] = useState(wasFull ? place : null);
  useEffect(() => {
    if (refusal?.code === 'slot_full') setFull(place);
  }, [refusal]);
  return full === place;
}

// Asked for only when the hospital has said that it is full.
export function OverrideField({ value, onValue }) {
  return (
    <Field
      label={t('override why')}
      hint={t('override hint')}
      required
      maxLength={500}
      value={value}
      onInput={(event) => onValue(event.target.value)}
    />
  );
}

export const startOf = ({ date, time }) => `${date}T${time}`;

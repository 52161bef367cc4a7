// The hospital's settings, which admins change and the others read.
import { useState } from 'preact/hooks';
import { Loading, LoadRefused, useLoaded, useWork } from '../../shared/ui.jsx';
import { hospital, loadHospital } from '../hospital.js';
import { api, may } from '../session.js';
import { Inputs, NotDone } from './inputs.jsx';
import { t } from './words.js';

// Every quarter-hour of a day and its end.
const quarters = Array.from({ length: 97 }, (_, quarter) => {
  const hour = String(Math.floor(quarter / 4)).padStart(2, '0');
  const time = `${hour}:${String((quarter % 4) * 15).padStart(2, '0')}`;
  return [time, time];
});

const text = { type: 'text', read: (typed) => typed.trim(), required: true, maxLength: 100 };
const time = { type: 'select', read: (chosen) => chosen, options: () => quarters.slice(0, 96) };
const notice = { type: 'number', read: Number, required: true, min: 0, max: 525_600 };

const zones = Intl.supportedValuesOf('timeZone').map((zone) => [zone, zone]);

const fields = [
  { name: 'name', ...text },
  { name: 'time_zone', ...text, options: () => zones },
  { name: 'opens_at', ...time },
  { name: 'closes_at', ...time, options: () => quarters },
  { name: 'lunch_start', ...time },
  { name: 'lunch_end', ...time },
  { name: 'min_notice_minutes', ...notice },
  { name: 'cancel_notice_minutes', ...notice },
  { name: 'max_days_ahead', ...notice, max: 3660 },
];

export function HospitalSettings() {
  const { data, refusal, reload } = useLoaded(loadHospital, []);
  return (
    <section class="office" aria-labelledby="office-title">
      <h1 id="office-title">{t('hospital')}</h1>
      <LoadRefused refusal={refusal} onAgain={reload} />
      {data ? may('admin') ? <Settings /> : <Shown /> : <Loading />}
    </section>
  );
}

function Shown() {
  return (
    <dl>
      {fields.map(({ name }) => (
        <div key={name}>
          <dt>{t(name)}</dt>
          <dd>{hospital.value[name]}</dd>
        </div>
      ))}
    </dl>
  );
}

function Settings() {
  const [values, setValues] = useState(hospital.value);
  const [said, setSaid] = useState('');
  const work = useWork();
  const submit = async (event) => {
    event.preventDefault();
    setSaid('');
    const body = Object.fromEntries(
      fields.map(({ name, read }) => [name, read(String(values[name]))]),
    );
    const saved = await work.run(() => api.send('PUT', '/hospital', body));
    if (!saved) return;
    hospital.value = saved;
    setValues(saved);
    setSaid(t('settings saved'));
  };
  return (
    <form class="form pairs" onSubmit={submit}>
      <Inputs fields={fields} values={values} errorOf={work.errorOf} onChange={setValues} />
      <p class="hint">{t('lunch explained')}</p>
      <NotDone refusal={work.refusal} noun={{ name: 'hospital' }} />
      <p role="status" class="said">
        {said}
      </p>
      <div class="actions">
        <button class="main" disabled={work.busy}>
          {t('save')}
        </button>
      </div>
    </form>
  );
}

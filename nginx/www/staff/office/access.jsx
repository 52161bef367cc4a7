// Who of the staff saw or changed which patient's data. For admins.
import { useState } from 'preact/hooks';
import { showMoment } from '../../shared/time.js';
import { Loading, LoadRefused, useLoaded } from '../../shared/ui.jsx';
import { api } from '../session.js';
import { Inputs } from './inputs.jsx';
import { actionName, t } from './words.js';

const pageSize = 50;

const filtersOf = (staff) => [
  { name: 'from', type: 'date' },
  { name: 'to', type: 'date' },
  { name: 'patient_id', type: 'number', min: 1 },
  {
    name: 'staff_id',
    type: 'select',
    options: () => [['', t('all')], ...staff.map(({ id, name }) => [String(id), name])],
  },
];

export function AccessLog() {
  const [filter, setFilter] = useState({ from: '', to: '', patient_id: '', staff_id: '' });
  const [page, setPage] = useState(1);
  const { data: staff = [] } = useLoaded(() => api.list('/staff'), []);
  const {
    data: log,
    refusal,
    reload,
  } = useLoaded(
    () => api.get('/access-log', { ...filter, page, page_size: pageSize }),
    [JSON.stringify(filter), page],
  );
  const narrow = (values) => {
    setFilter(values);
    setPage(1);
  };
  return (
    <section class="office" aria-labelledby="office-title">
      <h1 id="office-title">{t('access-log')}</h1>
      <form class="filters" aria-label={t('filters')} onSubmit={(event) => event.preventDefault()}>
        <Inputs fields={filtersOf(staff)} values={filter} onChange={narrow} />
      </form>
      <LoadRefused refusal={refusal} onAgain={reload} />
      {log ? <Entries entries={log.items} /> : <Loading />}
      {log && (
        <Pages page={page} last={Math.max(1, Math.ceil(log.total / pageSize))} onPage={setPage} />
      )}
    </section>
  );
}

function Entries({ entries }) {
  if (entries.length === 0) return <p class="hint">{t('nothing')}</p>;
  return (
    <section class="scroll" tabIndex={0} aria-label={t('access-log')}>
      <table>
        <thead>
          <tr>
            {['at', 'who', 'patient_id', 'action', 'address'].map((name) => (
              <th key={name} scope="col">
                {t(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td>{showMoment(entry.at)}</td>
              <td>{entry.staff.name ?? `#${entry.staff.id}`}</td>
              <td>{entry.patient_id}</td>
              <td>{actionName(entry.action)}</td>
              <td>{entry.address}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Pages({ page, last, onPage }) {
  return (
    <nav class="actions" aria-label={t('pages')}>
      <button type="button" disabled={page === 1} onClick={() => onPage(page - 1)}>
        {t('newer')}
      </button>
      <span>{t('page of', { page, last })}</span>
      <button type="button" disabled={page === last} onClick={() => onPage(page + 1)}>
        {t('older')}
      </button>
    </nav>
  );
}

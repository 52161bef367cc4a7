// The page of one noun: its list, narrowed as wished, and for admins what changes it.
import { useState } from 'preact/hooks';
import { Loading, LoadRefused, useLoaded, useWork } from '../../shared/ui.jsx';
import { loadHospital } from '../hospital.js';
import { api, may } from '../session.js';
import { contentOf, startOf, titleOf } from './content.js';
import { Removal, RowForm } from './dialogs.jsx';
import { Inputs, NotDone } from './inputs.jsx';
import { Day, Week } from './week.jsx';
import { t } from './words.js';

// What columns and inputs need to know: the doctors' names by id, and the departments there are.
async function loadKnown() {
  const [, doctors] = await Promise.all([loadHospital(), api.list('/doctors')]);
  return {
    doctors: new Map(doctors.map(({ id, name }) => [id, name])),
    departments: [...new Set(doctors.map(({ department }) => department))].sort(),
  };
}

export function Catalogue({ noun }) {
  const { data: known, refusal, reload } = useLoaded(loadKnown, [noun]);
  if (known) return <List noun={noun} known={known} onChanged={reload} />;
  return refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />;
}

const dialogs = { form: RowForm, removal: Removal, day: Day };

function List({ noun, known, onChanged }) {
  const [filter, setFilter] = useState(startOf(noun.filters));
  const [open, setOpen] = useState(null); // {dialog, and what it is about}
  const [said, setSaid] = useState('');
  const work = useWork();
  const {
    data: rows,
    refusal,
    reload,
  } = useLoaded(() => api.list(noun.address, filter), [JSON.stringify(filter)], 15_000);
  const close = () => setOpen(null);
  const done = (sentence) => {
    close();
    setSaid(sentence);
    reload();
    onChanged();
  };
  const bringBack = async (row) => {
    const body = { ...contentOf(noun, startOf(noun.fields, row)), is_active: true };
    const back = await work.run(() => api.send('PUT', `${noun.address}/${row.id}`, body));
    if (back) done(t('saved', { title: titleOf(noun, back, known) }));
  };
  const Shown = noun.isWeek ? Week : Rows;
  const Open = dialogs[open?.dialog];
  return (
    <section class="office" aria-labelledby="office-title">
      <header>
        <h1 id="office-title">{t(noun.name)}</h1>
        {may('admin') && (
          <button type="button" class="main" onClick={() => setOpen({ dialog: 'form' })}>
            {t(`new ${noun.name}`)}
          </button>
        )}
      </header>
      {noun.filters.length > 0 && (
        <form
          class="filters"
          aria-label={t('filters')}
          onSubmit={(event) => event.preventDefault()}
        >
          <Inputs fields={noun.filters} values={filter} known={known} onChange={setFilter} />
        </form>
      )}
      <p role="status" class="said">
        {said}
      </p>
      <NotDone refusal={work.refusal} noun={noun} />
      <LoadRefused refusal={refusal} onAgain={reload} />
      {rows ? (
        <Shown noun={noun} rows={rows} known={known} onOpen={setOpen} onBringBack={bringBack} />
      ) : (
        <Loading />
      )}
      {Open && <Open {...open} noun={noun} known={known} onClose={close} onDone={done} />}
    </section>
  );
}

function Rows({ noun, rows, known, onOpen, onBringBack }) {
  if (rows.length === 0) return <p class="hint">{t('nothing')}</p>;
  return (
    <section class="scroll" tabIndex={0} aria-label={t(noun.name)}>
      <table>
        <thead>
          <tr>
            {noun.columns.map(({ name }) => (
              <th key={name} scope="col">
                {t(name)}
              </th>
            ))}
            {may('admin') && (
              <th scope="col">
                <span class="unseen">{t('actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} class={row.is_active === false ? 'inactive' : ''}>
              {noun.columns.map(({ name, show, prose }) => (
                <td key={name} class={prose && 'prose'}>
                  {show(row, known)}
                </td>
              ))}
              {may('admin') && (
                <td>
                  <Actions {...{ noun, row, known, onOpen, onBringBack }} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Actions({ noun, row, known, onOpen, onBringBack }) {
  const title = titleOf(noun, row, known);
  const word = noun.isRemoved ? 'remove' : 'hide';
  return (
    <div class="actions">
      {!noun.isRemoved && (
        <button
          type="button"
          aria-label={t('change of', { title })}
          onClick={() => onOpen({ dialog: 'form', row })}
        >
          {t('change')}
        </button>
      )}
      {row.is_active === false ? (
        <button
          type="button"
          aria-label={t('bring back title', { title })}
          onClick={() => onBringBack(row)}
        >
          {t('bring back')}
        </button>
      ) : (
        <button
          type="button"
          class="danger"
          aria-label={t(`${word} title`, { title })}
          onClick={() => onOpen({ dialog: 'removal', row })}
        >
          {t(word)}
        </button>
      )}
    </div>
  );
}

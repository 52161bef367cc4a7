// Patients: found by name or telephone, and registered.
import { useState } from 'preact/hooks';
import { Dialog, Loading, LoadRefused } from '../../shared/ui.jsx';
import { useFacts } from './facts.js';
import { Finder, NewPatient } from './find.jsx';
import { Open, useOpen } from './open.jsx';
import { t } from './words.js';

export function Patients() {
  const { data: facts, refusal, reload } = useFacts();
  const dialogs = useOpen();
  const [isNew, setNew] = useState(false);
  const show = ({ id }) => {
    setNew(false);
    dialogs.show({ patient: id });
  };
  if (!facts) return refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />;
  return (
    <section class="desk narrow" aria-labelledby="desk-title">
      <header>
        <h1 id="desk-title">{t('patients')}</h1>
        <button type="button" class="main" onClick={() => setNew(true)}>
          {t('new patient')}
        </button>
      </header>
      <p role="status" class="said">
        {dialogs.said}
      </p>
      <Finder onPatient={show} />
      {isNew && (
        <Dialog title={t('new patient')} onClose={() => setNew(false)}>
          <NewPatient onPatient={show} />
        </Dialog>
      )}
      <Open dialogs={dialogs} facts={facts} />
    </section>
  );
}

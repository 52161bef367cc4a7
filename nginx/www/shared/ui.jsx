// Pieces that every page is made of.
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { language, languages, switchLanguage, translator } from './language.js';
import { fieldSentence, sentence } from './problems.js';

const t = translator({
  ko: { close: '닫기', language: '언어', loading: '불러오는 중…', again: '다시 시도' },
  en: { close: 'Close', language: 'Language', loading: 'Loading…', again: 'Try again' },
});

export function LanguageSwitch() {
  return (
    <fieldset class="languages">
      <legend class="unseen">{t('language')}</legend>
      {Object.entries(languages).map(([tag, name]) => (
        <button
          key={tag}
          type="button"
          lang={tag}
          aria-pressed={language.value === tag}
          onClick={() => switchLanguage(tag)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

// A dialog that the browser itself keeps the keyboard in, and gives it back from to what had it before. It is open
// while it is rendered.
export function Dialog({ title, onClose, children, wide }) {
  const dialog = useRef();
  const heading = useId();
  // Not at once: the Enter that opens it would press the first button in it.
  useEffect(() => dialog.current.showModal(), []);
  useLayoutEffect(() => {
    const shown = dialog.current;
    return () => shown.close(); // while it still is in the page
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog ref={dialog} aria-labelledby={heading} class={wide ? 'wide' : ''} onCancel={cancel}>
      <header>
        <h2 id={heading}>{title}</h2>
        <button type="button" class="plain" aria-label={t('close')} onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

// A label with its input; `error` is one of a refusal's fields.
export function Field({ label, hint, error, children, ...input }) {
  const id = useId();
  const about = useId();
  const attributes = {
    id,
    'aria-invalid': error ? 'true' : undefined,
    'aria-describedby': error || hint ? about : undefined,
    ...input,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children ? children(attributes) : <input {...attributes} />}
      {(error || hint) && (
        <p id={about} class={error ? 'error' : 'hint'}>
          {error ? fieldSentence(error) : hint}
        </p>
      )}
    </div>
  );
}

// What a form's fields hold: {values, change, typed}. change({NAME: VALUE}) leaves the others as they are, also those
// that changed at the same time, as when a password manager fills in; typed(NAME) does that for an input.
export function useValues(start) {
  const [values, setValues] = useState(start);
  const change = (changes) => setValues((before) => ({ ...before, ...changes }));
  const typed = (name) => (event) => change({ [name]: event.target.value });
  return { values, change, typed };
}

// What went wrong, read aloud. Nothing while `refusal` is empty.
export function Refused({ refusal, children }) {
  return (
    <div role="alert">
      {refusal && (
        <div class="notice bad">
          <p>{sentence(refusal)}</p>
          {children}
        </div>
      )}
    </div>
  );
}

export function Loading() {
  return <p class="hint">{t('loading')}</p>;
}

// Runs one thing at a time: {busy, refusal, run}. run(work) does nothing while another is under way, and
// gives what `work` gives, or undefined when it was refused.
export function useWork() {
  const [state, setState] = useState({ busy: false, refusal: null });
  const under = useRef(false);
  async function run(work) {
    if (under.current) return undefined;
    under.current = true;
    setState({ busy: true, refusal: null });
    let refusal = null;
    try {
      return await work();
    } catch (problem) {
      if (problem.code === undefined) throw problem;
      refusal = problem;
      return undefined;
    } finally {
      under.current = false;
      setState({ busy: false, refusal });
    }
  }
  const errorOf = (field) => state.refusal?.fields.find((error) => error.field === field);
  return { ...state, run, errorOf, forget: () => setState({ busy: false, refusal: null }) };
}

// What `load` gives, loaded anew when one of `inputs` changes: {data, refusal, reload}. `every` milliseconds it is
// looked at again while the page is visible. What there was stays until the new is there.
export function useLoaded(load, inputs, every = 0) {
  const [state, setState] = useState({ data: undefined, refusal: null });
  const newest = useRef(0);
  const settled = useRef(0);
  const reload = async () => {
    const turn = ++newest.current;
    try {
      const data = await load();
      if (turn === newest.current) setState({ data, refusal: null });
    } catch (refusal) {
      if (refusal.code === undefined) throw refusal;
      if (turn === newest.current) setState((before) => ({ ...before, refusal }));
    } finally {
      settled.current = Math.max(settled.current, turn);
    }
  };
  useEffect(() => {
    reload();
    // An answer that takes longer than the time between two looks is waited for.
    const isUnderWay = () => settled.current < newest.current;
    const look = () => document.visibilityState === 'visible' && !isUnderWay() && reload();
    if (every) document.addEventListener('visibilitychange', look);
    const timer = every ? setInterval(look, every) : 0;
    return () => {
      settled.current = ++newest.current;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, inputs);
  return { ...state, reload };
}

// The part of the address after #, as a signal would have it: the page's place, which the back button walks.
export function usePlace() {
  const [place, setPlace] = useState(location.hash.slice(1));
  useEffect(() => {
    const follow = () => setPlace(location.hash.slice(1));
    addEventListener('hashchange', follow);
    follow(); // it may have changed since it was first looked at
    return () => removeEventListener('hashchange', follow);
  }, []);
  return place;
}

export function LoadRefused({ refusal, onAgain }) {
  return (
    <Refused refusal={refusal}>
      <button type="button" onClick={onAgain}>
        {t('again')}
      </button>
    </Refused>
  );
}

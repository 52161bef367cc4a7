// The patients' pages: which of them the address names, and what stands around each.
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useTitle } from '../shared/language.js';
import {
  Dialog,
  LanguageSwitch,
  Loading,
  LoadRefused,
  useLoaded,
  usePlace,
  useWork,
} from '../shared/ui.jsx';
import { Book } from './book.jsx';
import { Booked } from './booked.jsx';
import { Choose } from './choose.jsx';
import { Details } from './details.jsx';
import { Login } from './login.jsx';
import { Mine } from './mine.jsx';
import { Move } from './move.jsx';
import { expired, leave, loadOffer, logOut, me, recognise } from './session.js';
import { t } from './words.js';
import '../shared/base.css';
import './patient.css';

// The place after #/, what it shows, and whether only to somebody who is logged in.
const places = {
  '': { Content: Choose, title: 'book title' },
  book: { Content: Book, title: 'confirm title' },
  booked: { Content: Booked, title: 'booked title', own: true },
  mine: { Content: Mine, title: 'mine', own: true },
  move: { Content: Move, title: 'move title', own: true },
  me: { Content: Details, title: 'me', own: true },
};

function Header({ hospital }) {
  const work = useWork();
  return (
    <header class="top">
      <a class="name" href="#/">
        {hospital.name}
      </a>
      <LanguageSwitch />
      <nav aria-label={t('pages')}>
        <a href="#/">{t('book')}</a>
        <a href="#/mine">{t('mine')}</a>
        {me.value && <a href="#/me">{t('me')}</a>}
        {me.value && (
          <button type="button" class="plain" disabled={work.busy} onClick={() => work.run(logOut)}>
            {t('logout')}
          </button>
        )}
      </nav>
      <LoadRefused refusal={work.refusal} onAgain={() => work.run(logOut)} />
    </header>
  );
}

// Another place is another page: it starts at its top, and is read out from its heading.
function useStart(place) {
  const heading = useRef();
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    scrollTo(0, 0);
    heading.current.focus({ preventScroll: true });
  }, [place]);
  return heading;
}

function Site({ offer }) {
  const [, name = '', ...rest] = usePlace().split('/');
  const { Content, title, own } = places[name] ?? places[''];
  const place = `${name} ${rest}`;
  useTitle(`${t(title)} · ${offer.hospital.name}`);
  const heading = useStart(place);
  return (
    <>
      <Header hospital={offer.hospital} />
      <main>
        <h1 ref={heading} tabIndex={-1}>
          {t(title)}
        </h1>
        {own && !me.value ? (
          <Login />
        ) : (
          <Content key={`${place} ${own && me.value.id}`} offer={offer} rest={rest} />
        )}
      </main>
      {expired.value && (
        <Dialog title={t('session ended')} onClose={leave}>
          <div class="steps">
            <p>{t('log in again')}</p>
            <Login />
          </div>
        </Dialog>
      )}
    </>
  );
}

function Page() {
  const {
    data: offer,
    refusal,
    reload,
  } = useLoaded(
    async () => {
      const [found] = await Promise.all([loadOffer(), me.value === undefined && recognise()]);
      return found;
    },
    [],
    300_000, // today does not stay today
  );
  if (offer && me.value !== undefined) return <Site offer={offer} />;
  return <main>{refusal ? <LoadRefused refusal={refusal} onAgain={reload} /> : <Loading />}</main>;
}

render(<Page />, document.getElementById('page'));

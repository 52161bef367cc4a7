// The hospital's figures: numbers, charts, the same as tables, and a file of them.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { language } from '../../shared/language.js';
import {
  addDays,
  addMonths,
  dateOf,
  endOfMonth,
  showDate,
  showDay,
  showWon,
  startOfMonth,
  startOfWeek,
} from '../../shared/time.js';
import { Loading, LoadRefused, useLoaded } from '../../shared/ui.jsx';
import { hospital, loadHospital } from '../hospital.js';
import { api } from '../session.js';
import { csvOf, download } from './csv.js';
import { Inputs } from './inputs.jsx';
import { t } from './words.js';

const ranges = {
  today: (today) => [today, today],
  'this week': (today) => [startOfWeek(today), addDays(startOfWeek(today), 6)],
  'this month': (today) => [startOfMonth(today), endOfMonth(today)],
  'last month': (today) => [addMonths(today, -1), endOfMonth(addMonths(today, -1))],
};

const percent = (share) =>
  share === null
    ? '–'
    : new Intl.NumberFormat(language.value, { style: 'percent', maximumFractionDigits: 1 }).format(
        share,
      );

async function loadBasics() {
  const [, doctors, treatments] = await Promise.all([
    loadHospital(),
    api.list('/doctors'),
    api.list('/treatments'),
  ]);
  return { doctors, treatments };
}

const filtersOf = ({ doctors, treatments }) => {
  const optionsOf = (things) => () => [
    ['', t('all')],
    ...things.map(({ id, name }) => [String(id), name]),
  ];
  return [
    { name: 'from', type: 'date', required: true },
    { name: 'to', type: 'date', required: true },
    { name: 'doctor_id', type: 'select', options: optionsOf(doctors) },
    { name: 'treatment_id', type: 'select', options: optionsOf(treatments) },
  ];
};

export function Statistics() {
  const { data: basics, refusal, reload } = useLoaded(loadBasics, []);
  return (
    <section class="office" aria-labelledby="office-title">
      <h1 id="office-title">{t('statistics')}</h1>
      <LoadRefused refusal={refusal} onAgain={reload} />
      {basics ? <Chosen basics={basics} /> : <Loading />}
    </section>
  );
}

function Chosen({ basics }) {
  const today = dateOf(hospital.value.now);
  const inRange = (name, filter) => {
    const [from, to] = ranges[name](today);
    return { ...filter, from, to };
  };
  const [filter, setFilter] = useState(inRange('this month', { doctor_id: '', treatment_id: '' }));
  // Whoever moves one end of the range beyond the other moves both; a date half typed is none yet.
  const narrow = (next) => {
    if (!next.from || !next.to) return;
    const moved = next.from === filter.from ? next.to : next.from;
    setFilter(next.from > next.to ? { ...next, from: moved, to: moved } : next);
  };
  const {
    data: figures,
    refusal,
    reload,
  } = useLoaded(() => api.get('/stats', filter), [JSON.stringify(filter)]);
  return (
    <>
      <fieldset class="actions ranges">
        <legend class="unseen">{t('range')}</legend>
        {Object.entries(ranges).map(([name, range]) => (
          <button
            key={name}
            type="button"
            aria-pressed={range(today).join() === [filter.from, filter.to].join()}
            onClick={() => setFilter(inRange(name, filter))}
          >
            {t(name)}
          </button>
        ))}
      </fieldset>
      <form class="filters" aria-label={t('filters')} onSubmit={(event) => event.preventDefault()}>
        <Inputs fields={filtersOf(basics)} values={filter} onChange={narrow} />
      </form>
      <LoadRefused refusal={refusal} onAgain={reload} />
      {figures ? <Figures figures={figures} /> : <Loading />}
    </>
  );
}

const tablesOf = (figures) => [
  {
    name: 'by_status',
    rows: Object.entries(figures.by_status).map(([status, count]) => [t(status), count]),
  },
  {
    name: 'by_visit_type',
    rows: Object.entries(figures.by_visit_type).map(([type, count]) => [t(type), count]),
  },
  { name: 'by_doctor', rows: figures.by_doctor.map(({ name, count }) => [name, count]) },
  {
    name: 'by_treatment',
    rows: figures.by_treatment.map(({ name, count, revenue }) => [name, count, revenue]),
    money: true,
  },
];

const daysOf = ({ by_day: days }) => days.map(({ date, count }) => [date, count]);
const hoursOf = ({ by_hour: hours }) => hours.map(({ hour, count }) => [hour, count]);

function Figures({ figures }) {
  const save = () =>
    download(`statistics-${figures.from}-${figures.to}.csv`, csvOf(rowsOf(figures)));
  return (
    <>
      <dl class="numbers">
        <Figure name="total" value={figures.total} />
        <Figure name="no_show_rate" value={percent(figures.no_show_rate)} />
        <Figure name="utilisation" value={percent(figures.utilisation)} />
      </dl>
      <div class="actions">
        <button type="button" onClick={save}>
          {t('download')}
        </button>
      </div>
      <Chart name="by_day" rows={daysOf(figures)} label={showDay} full={showDate} />
      <Chart name="by_hour" rows={hoursOf(figures)} label={(hour) => hour} full={(hour) => hour} />
      <div class="tables">
        {tablesOf(figures).map((table) => (
          <FigureTable key={table.name} {...table} />
        ))}
      </div>
    </>
  );
}

function Figure({ name, value }) {
  return (
    <div>
      <dt>{t(name)}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function FigureTable({ name, rows, money }) {
  const most = Math.max(1, ...rows.map(([, count]) => count));
  return (
    <table>
      <caption>{t(name)}</caption>
      <thead class="unseen">
        <tr>
          <th scope="col">{t('name')}</th>
          <th scope="col">{t('count')}</th>
          {money && <th scope="col">{t('revenue')}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(([label, count, revenue], i) => (
          <tr key={`${i} ${label}`}>
            <th scope="row">{label}</th>
            <td class="bar-cell">
              <progress max={most} value={count} aria-hidden="true" /> {count}
            </td>
            {money && <td>{showWon(revenue)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// Bars drawn by uPlot, and for those who do not see them the same as a table.
function Chart({ name, rows, label, full }) {
  const place = useRef();
  const scheme = useScheme();
  useEffect(() => {
    const box = place.current;
    const bars = [rows.map((_, i) => i), rows.map(([, count]) => count)];
    const chart = new uPlot(optionsOf(rows, label, box), bars, box);
    const fit = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: 220 }));
    fit.observe(box);
    return () => {
      fit.disconnect();
      chart.destroy();
    };
  }, [JSON.stringify(rows), scheme, language.value]);
  return (
    <figure>
      <figcaption>{t(name)}</figcaption>
      <div ref={place} class="chart" aria-hidden="true" />
      <details>
        <summary>{t('as table', { what: t(name) })}</summary>
        <table>
          <tbody>
            {rows.map(([key, count]) => (
              <tr key={key}>
                <th scope="row">{full(key)}</th>
                <td>{count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

const dark = matchMedia('(prefers-color-scheme: dark)');

function useScheme() {
  const [isDark, setDark] = useState(dark.matches);
  useEffect(() => {
    const follow = () => setDark(dark.matches);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, []);
  return isDark;
}

function optionsOf(rows, label, place) {
  const style = getComputedStyle(place);
  const ink = style.color;
  const axis = {
    stroke: ink,
    grid: { stroke: style.borderColor, width: 1 },
    ticks: { show: false },
  };
  return {
    width: place.clientWidth,
    height: 220,
    padding: [8, 32, 0, 0], // room for half of the last day's name
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-0.6, rows.length - 0.4] },
      y: { range: (_, __, most) => [0, Math.max(most, 1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 70,
        incrs: [1, 2, 5, 7, 10, 14, 30, 60, 90],
        values: (_, at) => at.map((i) => (rows[i] ? label(rows[i][0]) : '')),
      },
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] },
    ],
    series: [
      {},
      {
        width: 0, // of an outline, so that nothing stands where there is none
        fill: style.outlineColor,
        paths: uPlot.paths.bars({ size: [0.7, 48] }),
        points: { show: false },
      },
    ],
  };
}

function rowsOf(figures) {
  const section = (name, rows) =>
    rows.map(([label, count, revenue]) => [t(name), label, count, revenue ?? '']);
  return [
    [t('section'), t('name'), t('count'), t('revenue')],
    [t('range'), `${figures.from} – ${figures.to}`, '', ''],
    [t('total'), '', figures.total, ''],
    [t('no_show_rate'), '', figures.no_show_rate ?? '', ''],
    [t('utilisation'), '', figures.utilisation ?? '', ''],
    ...tablesOf(figures).flatMap(({ name, rows }) => section(name, rows)),
    ...section('by_day', daysOf(figures)),
    ...section('by_hour', hoursOf(figures)),
  ];
}

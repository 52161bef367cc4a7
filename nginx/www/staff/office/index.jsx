// The office: what the hospital is made of, its figures, and who looked at whom.
import { AccessLog } from './access.jsx';
import { Catalogue } from './catalogue.jsx';
import { HospitalSettings } from './hospital.jsx';
import { closures, doctors, slots, staff, treatments } from './nouns.js';
import { Statistics } from './statistics.jsx';

export const places = {
  doctors: () => <Catalogue noun={doctors} />,
  treatments: () => <Catalogue noun={treatments} />,
  slots: () => <Catalogue noun={slots} />,
  closures: () => <Catalogue noun={closures} />,
  staff: () => <Catalogue noun={staff} />,
  hospital: HospitalSettings,
  statistics: Statistics,
  'access-log': AccessLog,
};

// What the API refuses, as sentences in the page's language.
import { translator } from './language.js';

const codes = translator({
  ko: {
    offline: '서버에 연결할 수 없습니다. 인터넷 연결을 확인하고 다시 시도해 주세요.',
    unavailable: '지금은 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    internal_error: '저희 쪽에 문제가 생겼습니다. 다시 시도해 주세요. (문의 번호 {request})',
    malformed_json: '요청을 읽을 수 없습니다.',
    bad_request: '요청을 읽을 수 없습니다.',
    unauthenticated: '로그인해 주세요.',
    bad_credentials: '아이디 또는 비밀번호가 맞지 않습니다.',
    forbidden: '이 작업을 할 권한이 없습니다.',
    not_found: '찾을 수 없습니다. 이미 없어졌을 수 있습니다.',
    method_not_allowed: '지원하지 않는 요청입니다.',
    doctor_busy: '그 시간에는 의사에게 다른 예약이 있습니다.',
    patient_busy: '그 시간에는 이미 다른 예약이 있습니다.',
    slot_full: '그 시간에는 자리가 없습니다.',
    duplicate: '이미 등록되어 있습니다.',
    in_use: '아직 사용 중이라 바꿀 수 없습니다.',
    illegal_transition: '지금 상태에서는 그렇게 바꿀 수 없습니다.',
    idempotency_key_in_use: '같은 요청을 처리하고 있습니다. 잠시만 기다려 주세요.',
    stale_version: '그 사이에 다른 사람이 바꾸었습니다. 새로 고친 내용을 확인해 주세요.',
    too_large: '입력한 내용이 너무 깁니다.',
    unsupported_media_type: '요청을 읽을 수 없습니다.',
    invalid: '입력한 내용을 확인해 주세요.',
    doctor_inactive: '이 의사는 지금 예약을 받지 않습니다.',
    treatment_inactive: '이 진료는 지금 제공하지 않습니다.',
    not_quarter_hour: '예약은 15분 단위로 시작합니다.',
    nonexistent_time: '그날은 시계가 바뀌어 그 시간이 없습니다.',
    in_the_past: '이미 지난 시간입니다.',
    too_soon: '너무 임박한 시간입니다.',
    too_far: '아직 그날의 예약을 받지 않습니다.',
    closed: '그날은 병원이 쉽니다.',
    lunch_time: '점심시간입니다.',
    outside_hours: '진료 시간이 아닙니다.',
    no_slot: '그 시간에는 진료가 없습니다.',
    doctor_away: '그날은 의사가 자리를 비웁니다.',
    idempotency_key_reused: '요청이 서로 섞였습니다. 페이지를 새로 고쳐 주세요.',
    too_many_requests: '요청이 너무 많습니다. {wait}초 뒤에 다시 시도해 주세요.',
  },
  en: {
    offline: 'The server cannot be reached. Please check your connection and try again.',
    unavailable: 'The service is unavailable for a moment. Please try again.',
    internal_error: 'Something went wrong on our side. Please try again. (Reference {request})',
    malformed_json: 'The request cannot be read.',
    bad_request: 'The request cannot be read.',
    unauthenticated: 'Please log in.',
    bad_credentials: 'The login or the password is wrong.',
    forbidden: 'Your role does not allow this.',
    not_found: 'This cannot be found. It may be gone already.',
    method_not_allowed: 'This is not supported.',
    doctor_busy: 'The doctor already has an appointment at that time.',
    patient_busy: 'There already is another appointment at that time.',
    slot_full: 'There is no room left at that time.',
    duplicate: 'This exists already.',
    in_use: 'This is still in use and cannot be changed.',
    illegal_transition: 'This cannot be done in the present status.',
    idempotency_key_in_use: 'The same request is being carried out. One moment, please.',
    stale_version: 'Somebody has changed this in the meantime. Please look at it again.',
    too_large: 'What was entered is too long.',
    unsupported_media_type: 'The request cannot be read.',
    invalid: 'Please check what was entered.',
    doctor_inactive: 'This doctor takes no appointments at present.',
    treatment_inactive: 'This treatment is not offered at present.',
    not_quarter_hour: 'Appointments start on the quarter-hour.',
    nonexistent_time: 'The clocks change on that day and skip that time.',
    in_the_past: 'That time has passed.',
    too_soon: 'That is too short a notice.',
    too_far: 'Appointments cannot be made that far ahead yet.',
    closed: 'The hospital is closed on that day.',
    lunch_time: 'That is during the lunch break.',
    outside_hours: 'The hospital is closed at that time.',
    no_slot: 'Nothing is offered at that time.',
    doctor_away: 'The doctor is away on that day.',
    idempotency_key_reused: 'Two requests were mixed up. Please reload the page.',
    too_many_requests: 'That was too often. Please try again in {wait} seconds.',
  },
});

export function sentence(refusal) {
  return codes(refusal.code, { request: refusal.requestId ?? '-', wait: refusal.wait || 1 });
}

// What a field of a form needs, for fields that were refused: by the field's name in the API.
const needs = translator({
  ko: {
    required: '꼭 필요합니다.',
    other: '이대로는 받을 수 없습니다.',
    password: '비밀번호는 8자 이상이어야 합니다.',
    phone: '전화번호를 숫자로 적어 주세요. 예: 010-1234-5678',
    email: '이메일 주소를 적어 주세요. 예: name@example.com',
  },
  en: {
    required: 'This is needed.',
    other: 'This is not acceptable as it is.',
    password: 'A password has 8 characters or more.',
    phone: 'Please write a telephone number in digits, such as 010-1234-5678.',
    email: 'Please write an e-mail address, such as name@example.com.',
  },
});

export function fieldSentence({ field, code }) {
  if (code === 'required') return needs('required');
  const need = needs(field);
  return need === field ? needs('other') : need;
}

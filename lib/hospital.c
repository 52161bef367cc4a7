#include "hospital.h"

struct hospital {
    const char *name;
    const char *time_zone;
    const char *opens_at;
    const char *closes_at;
    const char *lunch_start;
    const char *lunch_end;
    int64_t min_notice_minutes;
    int64_t max_days_ahead;
    int64_t cancel_notice_minutes;
};

#define TEXT_FIELD(MEMBER)                                                                         \
    {                                                                                              \
        .name = #MEMBER, .kind = FIELD_LINE, .required = true, .least = 1, .most = 100,            \
        .offset = offsetof(struct hospital, MEMBER)                                                \
    }
#define TIME_FIELD(MEMBER)                                                                         \
    {                                                                                              \
        .name = #MEMBER, .kind = FIELD_TIME_OF_DAY, .required = true,                              \
        .offset = offsetof(struct hospital, MEMBER)                                                \
    }
#define COUNT_FIELD(MEMBER, MOST)                                                                  \
    {                                                                                              \
        .name = #MEMBER, .kind = FIELD_INTEGER, .required = true, .least = 0, .most = (MOST),      \
        .offset = offsetof(struct hospital, MEMBER)                                                \
    }

enum { MINUTES_PER_YEAR = 365 * MINUTES_PER_DAY, TEN_YEARS = 3660 };

static const struct field hospital_fields[] = {
    TEXT_FIELD(name),
    TEXT_FIELD(time_zone),
    TIME_FIELD(opens_at),
    TIME_FIELD(closes_at),
    TIME_FIELD(lunch_start),
    TIME_FIELD(lunch_end),
    COUNT_FIELD(min_notice_minutes, MINUTES_PER_YEAR),
    COUNT_FIELD(max_days_ahead, TEN_YEARS),
    COUNT_FIELD(cancel_notice_minutes, MINUTES_PER_YEAR),
};
const struct form hospital_form = FORM(struct hospital, hospital_fields);

#define HOSPITAL_DOCUMENT                                                                          \
    "json_build_object('name', name, 'time_zone', time_zone,"                                      \
    " 'opens_at', to_char(opens_at, 'HH24:MI'), 'closes_at', to_char(closes_at, 'HH24:MI'),"       \
    " 'lunch_start', to_char(lunch_start, 'HH24:MI'), 'lunch_end', to_char(lunch_end, 'HH24:MI')," \
    " 'min_notice_minutes', min_notice_minutes, 'max_days_ahead', max_days_ahead,"                 \
    " 'cancel_notice_minutes', cancel_notice_minutes,"                                             \
    " 'now', local_text(date_trunc('minute', hospital_clock(time_zone)), time_zone))"

static const struct statement find_hospital = {
    .name = "hospital_find",
    .parameters = 0,
    .sql = "SELECT " HOSPITAL_DOCUMENT " FROM hospital",
};

const struct problem *hospital_find(struct db *db, struct document *hospital)
{
    return db_document(db, &find_hospital, NULL, hospital);
}

static const struct statement replace_hospital = {
    .name = "hospital_replace",
    .parameters = 9,
    .writes = true,
    .sql = "UPDATE hospital"
           "   SET name = $1, time_zone = $2, opens_at = $3::time, closes_at = $4::time,"
           "       lunch_start = $5::time, lunch_end = $6::time,"
           "       min_notice_minutes = $7::integer, max_days_ahead = $8::integer,"
           "       cancel_notice_minutes = $9::integer"
           " RETURNING " HOSPITAL_DOCUMENT,
};

const struct problem *hospital_replace(struct db *db, const void *settings,
                                       struct document *hospital)
{
    const char **parameters = form_parameters(db->arena, &hospital_form, settings);
    return db_document(db, &replace_hospital, parameters, hospital);
}

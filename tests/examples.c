#include "examples.h"

#include <stdio.h>
#include <string.h>

#define DOCTOR "INSERT INTO doctor (name, department) VALUES ('D#', 'x') RETURNING id"
#define TREATMENT                                                                                  \
    "INSERT INTO treatment (name, duration_minutes, price) VALUES ('T#', 30, 1) RETURNING id"
#define SLOT(START, END)                                                                           \
    "INSERT INTO hospital_slot (start_time, end_time, max_capacity, day_of_week)"                  \
    " VALUES ('" START "', '" END "', 1, !) RETURNING id"
#define CLOSURE                                                                                    \
    "INSERT INTO closure (first_day, last_day) VALUES (date '~' + 400, date '~' + 400) RETURNING id"
#define APPOINTMENT                                                                                \
    "INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"                        \
    " VALUES (1, $, 1, '[~ 09:00, ~ 09:30)') RETURNING id"
#define PATIENT "SELECT $"
#define STAFF                                                                                      \
    "INSERT INTO staff (name, email, role, password_hash)"                                         \
    " VALUES ('S#', 's#@example.com', 'viewer', 'x') RETURNING id"
#define WITHOUT_BODY  NULL
#define WITHOUT_THING NULL

const struct example examples[] = {
    {PATIENT_POOL, "POST", "/auth/patient/register", "anyone", 201,
     "{\"name\": \"R#\", \"phone\": \"01055#\", \"password\": \"correct horse\"}", WITHOUT_THING},
    {PATIENT_POOL, "POST", "/auth/patient/login", "anyone", 200,
     "{\"phone\": \"01012345678\", \"password\": \"clinic-demo\"}", WITHOUT_THING},
    {PATIENT_POOL, "POST", "/auth/patient/refresh", "anyone", 401, /* nobody gave that one */
     "{\"refresh_token\": \"a#\"}", WITHOUT_THING},
    {PATIENT_POOL, "POST", "/auth/patient/logout", "patient", 204, WITHOUT_BODY, WITHOUT_THING},
    {PATIENT_POOL, "GET", "/me", "patient", 200, WITHOUT_BODY, WITHOUT_THING},
    {PATIENT_POOL, "PATCH", "/me", "patient", 200, "{\"name\": \"M#\"}", WITHOUT_THING},
    {PATIENT_POOL, "GET", "/hospital", "anyone", 200, WITHOUT_BODY, WITHOUT_THING},
    {PATIENT_POOL, "GET", "/doctors", "anyone", 200, WITHOUT_BODY, WITHOUT_THING},
    {PATIENT_POOL, "GET", "/doctors/{id}", "anyone", 200, WITHOUT_BODY, DOCTOR},
    {PATIENT_POOL, "GET", "/treatments", "anyone", 200, WITHOUT_BODY, WITHOUT_THING},
    {PATIENT_POOL, "GET", "/treatments/{id}", "anyone", 200, WITHOUT_BODY, TREATMENT},
    {PATIENT_POOL, "GET", "/availability/{doctor_id}/availability?date=2027-03-02&treatment_id=1",
     "anyone or patient", 200, WITHOUT_BODY, DOCTOR},
    {PATIENT_POOL, "GET", "/availability?treatment_id=1&from=2027-03-02&to=2027-03-02",
     "anyone or patient", 200, WITHOUT_BODY, WITHOUT_THING},
    {PATIENT_POOL, "GET", "/availability/days?treatment_id=1&from=2027-03-02&to=2027-03-02",
     "anyone or patient", 200, WITHOUT_BODY, WITHOUT_THING},
    {PATIENT_POOL, "POST", "/appointments", "patient", 201,
     "{\"doctor_id\": 2, \"treatment_id\": 1, \"start_time\": \"~T11:00\", \"memo\": \"m#\"}",
     WITHOUT_THING},
    {PATIENT_POOL, "GET", "/appointments", "patient", 200, WITHOUT_BODY, WITHOUT_THING},
    {PATIENT_POOL, "GET", "/appointments/{id}", "patient", 200, WITHOUT_BODY, APPOINTMENT},
    {PATIENT_POOL, "PATCH", "/appointments/{id}", "patient", 200,
     "{\"start_time\": \"~T14:00\", \"doctor_id\": 2, \"treatment_id\": 2, \"memo\": \"m#\"}",
     APPOINTMENT},
    {PATIENT_POOL, "PATCH", "/appointments/{id}/cancel", "patient", 200, "{\"reason\": \"r#\"}",
     APPOINTMENT},
    {PATIENT_POOL, "GET", "/health", "anyone", 200, WITHOUT_BODY, WITHOUT_THING},

    {ADMIN_POOL, "POST", "/auth/login", "anyone", 200,
     "{\"email\": \"admin@example.com\", \"password\": \"clinic-demo\"}", WITHOUT_THING},
    {ADMIN_POOL, "POST", "/auth/refresh", "anyone", 401, "{\"refresh_token\": \"a#\"}",
     WITHOUT_THING},
    {ADMIN_POOL, "POST", "/auth/logout", "viewer", 204, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "GET", "/me", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "GET", "/doctors", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "POST", "/doctors", "admin", 201,
     "{\"name\": \"N#\", \"department\": \"x\", \"is_active\": true}", WITHOUT_THING},
    {ADMIN_POOL, "GET", "/doctors/{id}", "viewer", 200, WITHOUT_BODY, DOCTOR},
    {ADMIN_POOL, "PUT", "/doctors/{id}", "admin", 200,
     "{\"name\": \"P#\", \"department\": \"y\", \"is_active\": true}", DOCTOR},
    {ADMIN_POOL, "DELETE", "/doctors/{id}", "admin", 204, WITHOUT_BODY, DOCTOR},
    {ADMIN_POOL, "GET", "/treatments", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "POST", "/treatments", "admin", 201,
     "{\"name\": \"N#\", \"duration_minutes\": 30, \"price\": 1, \"description\": \"d\","
     " \"is_active\": true}",
     WITHOUT_THING},
    {ADMIN_POOL, "GET", "/treatments/{id}", "viewer", 200, WITHOUT_BODY, TREATMENT},
    {ADMIN_POOL, "PUT", "/treatments/{id}", "admin", 200,
     "{\"name\": \"P#\", \"duration_minutes\": 45, \"price\": 2, \"description\": \"d\","
     " \"is_active\": true}",
     TREATMENT},
    {ADMIN_POOL, "DELETE", "/treatments/{id}", "admin", 204, WITHOUT_BODY, TREATMENT},
    {ADMIN_POOL, "GET", "/hospital-slots", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "POST", "/hospital-slots", "admin", 201,
     "{\"start_time\": \"20:00\", \"end_time\": \"20:30\", \"max_capacity\": 1,"
     " \"day_of_week\": !, \"is_active\": true}",
     WITHOUT_THING},
    {ADMIN_POOL, "GET", "/hospital-slots/{id}", "viewer", 200, WITHOUT_BODY, "SELECT 19"},
    {ADMIN_POOL, "PUT", "/hospital-slots/{id}", "admin", 200,
     "{\"start_time\": \"21:00\", \"end_time\": \"21:30\", \"max_capacity\": 1,"
     " \"day_of_week\": !, \"is_active\": true}",
     SLOT("21:30", "22:00")},
    {ADMIN_POOL, "DELETE", "/hospital-slots/{id}", "admin", 204, WITHOUT_BODY,
     SLOT("22:00", "22:30")},
    {ADMIN_POOL, "GET", "/closures", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "POST", "/closures", "admin", 201,
     "{\"from\": \"~\", \"to\": \"~\", \"doctor_id\": 3, \"reason\": \"r\"}", WITHOUT_THING},
    {ADMIN_POOL, "GET", "/closures/{id}", "viewer", 200, WITHOUT_BODY, CLOSURE},
    {ADMIN_POOL, "DELETE", "/closures/{id}", "admin", 204, WITHOUT_BODY, CLOSURE},
    {ADMIN_POOL, "GET", "/availability/{doctor_id}/availability?date=2027-03-02&treatment_id=1",
     "viewer", 200, WITHOUT_BODY, DOCTOR},
    {ADMIN_POOL, "GET", "/availability?treatment_id=1&from=2027-03-02&to=2027-03-02", "viewer", 200,
     WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "GET", "/availability/days?treatment_id=1&from=2027-03-02&to=2027-03-02", "viewer",
     200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "GET", "/appointments", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "POST", "/appointments", "desk", 201,
     "{\"patient_id\": 3, \"doctor_id\": 2, \"treatment_id\": 1, \"start_time\": \"~T15:00\","
     " \"memo\": \"m#\", \"override\": {\"reason\": \"r\"}}",
     WITHOUT_THING},
    {ADMIN_POOL, "GET", "/appointments/{id}", "viewer", 200, WITHOUT_BODY, APPOINTMENT},
    {ADMIN_POOL, "PATCH", "/appointments/{id}", "desk", 200,
     "{\"start_time\": \"~T16:00\", \"doctor_id\": 2, \"treatment_id\": 2, \"memo\": \"m#\","
     " \"override\": {\"reason\": \"r\"}}",
     APPOINTMENT},
    {ADMIN_POOL, "GET", "/appointments/{id}/history", "viewer", 200, WITHOUT_BODY, APPOINTMENT},
    {ADMIN_POOL, "PATCH", "/appointments/{id}/status", "desk", 200,
     "{\"status\": \"confirmed\", \"reason\": \"r\"}", APPOINTMENT},
    {ADMIN_POOL, "GET", "/patients", "desk", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "POST", "/patients", "desk", 201,
     "{\"name\": \"A#\", \"phone\": \"01066#\", \"password\": \"correct horse\"}", WITHOUT_THING},
    {ADMIN_POOL, "GET", "/patients/{id}", "desk", 200, WITHOUT_BODY, PATIENT},
    {ADMIN_POOL, "PATCH", "/patients/{id}", "desk", 200,
     "{\"name\": \"C#\", \"phone\": \"01077#\", \"password\": \"correct horse\"}", PATIENT},
    {ADMIN_POOL, "GET", "/staff", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "POST", "/staff", "admin", 201,
     "{\"name\": \"E#\", \"email\": \"e#@example.com\", \"role\": \"viewer\","
     " \"is_active\": true, \"password\": \"correct horse\"}",
     WITHOUT_THING},
    {ADMIN_POOL, "GET", "/staff/{id}", "viewer", 200, WITHOUT_BODY, STAFF},
    {ADMIN_POOL, "PUT", "/staff/{id}", "admin", 200,
     "{\"name\": \"P#\", \"email\": \"p#@example.com\", \"role\": \"desk\","
     " \"is_active\": true, \"password\": \"correct horse\"}",
     STAFF},
    {ADMIN_POOL, "DELETE", "/staff/{id}", "admin", 204, WITHOUT_BODY, STAFF},
    {ADMIN_POOL, "GET", "/hospital", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "PUT", "/hospital", "admin", 200,
     "{\"name\": \"H#\", \"time_zone\": \"Asia/Seoul\", \"opens_at\": \"09:00\","
     " \"closes_at\": \"18:00\", \"lunch_start\": \"12:00\", \"lunch_end\": \"13:00\","
     " \"min_notice_minutes\": 0, \"max_days_ahead\": 3660, \"cancel_notice_minutes\": 0}",
     WITHOUT_THING},
    {ADMIN_POOL, "GET", "/stats", "viewer", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "GET", "/access-log", "admin", 200, WITHOUT_BODY, WITHOUT_THING},
    {ADMIN_POOL, "GET", "/health", "anyone", 200, WITHOUT_BODY, WITHOUT_THING},
    {0},
};

static const char *member(struct json_object *object, const char *name)
{
    return json_object_get_string(json_object_object_get(object, name));
}

const struct example *example_of(enum pool_name pool, struct json_object *route)
{
    static const size_t prefixes[] = {sizeof "/api/v1/patient" - 1, sizeof "/api/v1/admin" - 1};
    const char *method = member(route, "method"), *path = member(route, "path") + prefixes[pool];
    for (const struct example *example = examples; example->method; example++)
        if (example->pool == pool && strcmp(example->method, method) == 0 &&
            strlen(path) == strcspn(example->path, "?") &&
            strncmp(example->path, path, strlen(path)) == 0)
            return example;
    return NULL;
}

const char *example_fill(const char *pattern, int number, int patient)
{
    char *made;
    size_t size;
    FILE *out = open_memstream(&made, &size);
    for (const char *c = pattern; *c; c++) {
        if (*c == '#')
            fprintf(out, "%06d", number);
        else if (*c == '~')
            fputs(sql("SELECT date '2027-03-02' + %d", number), out);
        else if (*c == '!')
            fprintf(out, "%d", 1 + number % 7);
        else if (*c == '$')
            fprintf(out, "%d", patient);
        else
            fputc(*c, out);
    }
    fclose(out);
    return made;
}

const char *example_path(const struct example *example, const char *id)
{
    const char *path = example->path, *brace = strchr(path, '{');
    return brace ? text("%.*s%s%s", (int)(brace - path), path, id, strchr(brace, '}') + 1) : path;
}

const char *example_make(const struct example *example, int number, int patient)
{
    return example->thing ? sql("%s", example_fill(example->thing, number, patient)) : "";
}

const char *everything(void)
{
    const char *all = sql("SELECT string_agg(format('SELECT t::text FROM %%I t', tablename),"
                          "                  ' UNION ALL ')"
                          "  FROM pg_tables WHERE schemaname = 'public'");
    return sql("SELECT md5(string_agg(line, '' ORDER BY line)) FROM (%s) AS every (line)", all);
}

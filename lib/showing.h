/*
 * Appointments as the API shows them. Statements select what they are made of as it is stored, in
 * binary, and here it is put together, which takes a fraction of the time that PostgreSQL needs.
 */
#ifndef SHOWING_H
#define SHOWING_H

#include "db.h"
#include "form.h"

/* What is selected of an appointment `a` and a patient `p`, in the order of showing.c's columns. */
#define SHOWN(SEEN, TOTAL, DOCTOR, TREATMENT, ZONE)                                                \
    SEEN ", " TOTAL ", (a).id, (a).version, (a).doctor_id, " DOCTOR ", (a).treatment_id,"          \
         " " TREATMENT ", (a).patient_id, p.name, p.phone,"                                        \
         " lower((a).during), lower((a).during) AT TIME ZONE " ZONE ","                            \
         " upper((a).during), upper((a).during) AT TIME ZONE " ZONE ","                            \
         " (a).status, (a).visit_type, (a).price, (a).memo,"                                       \
         " (a).created_at AT TIME ZONE " ZONE ", (a).created_at,"                                  \
         " (a).updated_at AT TIME ZONE " ZONE ", (a).updated_at"

#define SHOWN_ALONE SHOWN("NULL", "NULL", "d.name, d.department", "t.name", "h.time_zone")
#define SHOWN_WITH                                                                                 \
    " JOIN doctor d ON d.id = (a).doctor_id"                                                       \
    " JOIN treatment t ON t.id = (a).treatment_id"                                                 \
    " JOIN patient p ON p.id = (a).patient_id"                                                     \
    " CROSS JOIN hospital h"

/* One appointment, as the row `a` that FROM tells; noted in the access log by the visitor that is
 * the parameter. */
#define SHOWN_ONE(FROM, VISITOR)                                                                   \
    " SELECT " SHOWN_ALONE " FROM " FROM SHOWN_WITH " CROSS JOIN access_note(" VISITOR             \
    "::visitor, (a).patient_id)"

/*
 * The end of a statement that begins with "WITH matching AS NOT MATERIALIZED (": the page whose
 * number and size are $2 and $3, told beside the offer, $1 being the zone (offer.h). JOINS adds to
 * `o` the page's rows as `a` and their patients as `p`, and a row of nothing where there are none;
 * it keeps the page's order.
 */
#define SHOWN_PAGE(TOTAL, ORDER, JOINS)                                                            \
    ", page AS ("                                                                                  \
    "    SELECT * FROM matching AS a ORDER BY " ORDER                                              \
    "     LIMIT $3::bigint OFFSET ($2::bigint - 1) * $3::bigint)"                                  \
    " SELECT " SHOWN("o.stamp", TOTAL, "NULL, NULL", "NULL", "$1") "   FROM offer o" JOINS

/* How many there are on all pages; a page that is neither empty nor full is the last one. */
#define SHOWN_COUNT                                                                                \
    "(SELECT CASE WHEN count(*) BETWEEN 1 AND $3::bigint - 1"                                      \
    "             THEN ($2::bigint - 1) * $3::bigint + count(*)"                                   \
    "             ELSE (SELECT count(*) FROM matching) END FROM page)"
#define SHOWN_UNCOUNTED "NULL"

/* Runs a statement that ends with SHOWN_ONE. Refused: `not_found` when there is no row; what
 * db_run() refuses. */
const struct problem *showing_one(struct db *db, const struct statement *statement,
                                  const char *const *parameters, struct document *appointment);

/* Runs a statement that ends with SHOWN_PAGE, for that page: `uncounted` where that is enough to
 * know the total, else `counted`, which differs from it in nothing but SHOWN_COUNT; NULL: there is
 * no such statement. Refused as by db_run(). */
const struct problem *showing_page(struct db *db, const struct statement *uncounted,
                                   const struct statement *counted, const char **parameters,
                                   const struct page *page, struct document *list);

#endif

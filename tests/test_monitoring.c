/*
 * What .ops/monitoring gives to Prometheus and Grafana: promtool understands it, each alert is
 * tried firing and not firing, and nothing looks for a metric that no pool has.
 */
#include "clinic.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTORY ".ops/monitoring"

TestSuite(monitoring, .init = clinic_open, .fini = clinic_close);

static const char *read_file(const char *path)
{
    char *all = NULL;
    size_t size = 0;
    FILE *in = fopen(path, "r");
    cr_assert(in && getdelim(&all, &size, '\0', in) > 0, "%s", path);
    fclose(in);
    return all;
}

static void expect_success(const char *command)
{
    cr_expect_eq(system(text("%s >%s/said 2>&1 || { cat %s/said >&2; false; }", command,
                             clinic_directory(), clinic_directory())),
                 0, "%s", command);
}

Test(monitoring, promtool_understands_the_scrapes_and_the_alerts_do_as_tested)
{
    expect_success("promtool check config " DIRECTORY "/prometheus.yml");
    expect_success("promtool test rules " DIRECTORY "/alerts_test.yml " DIRECTORY
                   "/alerts_week_test.yml");
}

static int count(const char *in, const char *what)
{
    int times = 0;
    for (const char *place = in; (place = strstr(place, what)); place++)
        times++;
    return times;
}

/* The first word after each mark, such as an alert's name; NULL: there are no more. */
static const char *next_word(const char **place, const char *mark)
{
    *place = strstr(*place, mark);
    if (!*place)
        return NULL;
    *place += strlen(mark);
    return text("%.*s", (int)strspn(*place, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
                *place);
}

Test(monitoring, each_alert_is_tried_both_ways)
{
    const char *tests = text("%s%s", read_file(DIRECTORY "/alerts_test.yml"),
                             read_file(DIRECTORY "/alerts_week_test.yml"));
    const char *alert;
    const char *place = read_file(DIRECTORY "/alerts.yml");
    int alerts = 0;
    for (; (alert = next_word(&place, "- alert: ")); alerts++) {
        int silent = count(tests, text("alertname: %s, eval_time", alert));
        const char *name = text("alertname: %s\n", alert);
        int fires = 0;
        for (const char *tried = tests; (tried = strstr(tried, name)); tried++) {
            bool is_silent = strncmp(strstr(tried, "exp_alerts:"), "exp_alerts: []", 14) == 0;
            silent += is_silent;
            fires += !is_silent;
        }
        cr_expect(silent > 0 && fires > 0, "%s: %d silent, %d firing", alert, silent, fires);
    }
    cr_expect_gt(alerts, 5);
}

Test(monitoring, each_alert_names_a_section_of_the_runbook)
{
    const char *place = read_file(DIRECTORY "/alerts.yml"), *runbook = read_file(".ops/RUNBOOK.md");
    int named = 0;
    for (; (place = strstr(place, "\n          runbook: ")); named++) {
        place += strlen("\n          runbook: ");
        const char *section = text("\n## %.*s\n", (int)strcspn(place, "\n"), place);
        cr_expect(strstr(runbook, section), "%s", section);
    }
    cr_expect_gt(named, 5);
}

/* --- The dashboard, and what all of them look for ----------------------------------------------*/

/* Writes an expression, with Grafana's own words replaced, as a rule for promtool to read. */
static void write_rule(struct json_object *expression, FILE *rules)
{
    static const char interval[] = "$__rate_interval";
    const char *written =
        json_object_to_json_string_ext(expression, JSON_C_TO_STRING_NOSLASHESCAPE);
    for (const char *word; (word = strstr(written, interval));)
        written = text("%.*s5m%s", (int)(word - written), written, word + sizeof interval - 1);
    fprintf(rules, "      - {record: panel, expr: %s}\n", written);
}

/* All expressions in a part of the dashboard; how many they are. */
static int write_rules(struct json_object *in, FILE *rules)
{
    int written = 0;
    if (json_object_is_type(in, json_type_array))
        for (size_t i = 0; i < json_object_array_length(in); i++)
            written += write_rules(json_object_array_get_idx(in, i), rules);
    if (!json_object_is_type(in, json_type_object))
        return written;
    struct json_object_iterator end = json_object_iter_end(in);
    for (struct json_object_iterator member = json_object_iter_begin(in);
         !json_object_iter_equal(&member, &end); json_object_iter_next(&member)) {
        struct json_object *value = json_object_iter_peek_value(&member);
        written += write_rules(value, rules);
        if (strcmp(json_object_iter_peek_name(&member), "expr") == 0) {
            write_rule(value, rules);
            written++;
        }
    }
    return written;
}

Test(monitoring, the_dashboards_expressions_can_be_read)
{
    struct json_object *dashboard = json_tokener_parse(read_file(DIRECTORY "/dashboard.json"));
    cr_assert(dashboard);
    const char *path = text("%s/rules.yml", clinic_directory());
    FILE *rules = fopen(path, "w");
    cr_assert(rules);
    fprintf(rules, "groups:\n  - name: dashboard\n    rules:\n");
    cr_expect_gt(write_rules(dashboard, rules), 10);
    fclose(rules);
    expect_success(text("promtool check rules %s", path));
}

static void expect_metrics(const char *path, const char *scrapes)
{
    int found = 0;
    for (const char *place = read_file(path); (place = strstr(place, "hospital_")); found++) {
        const char *name = place;
        while (islower((unsigned char)*place) || *place == '_')
            place++;
        name = text("\n%.*s{", (int)(place - name), name);
        cr_expect(strstr(scrapes, name), "%s looks for %s", path, name);
    }
    cr_expect_gt(found, 5);
}

Test(monitoring, every_metric_that_is_looked_for_is_there)
{
    static const char *const inside[] = {"DOCUMENT_URI", "/metrics", NULL};
    patient_api("GET", "/doctors", NULL, NULL);
    struct answer page = ask(PATIENT_POOL, "GET", "/metrics", NULL, NULL, 0, inside);
    cr_assert_eq(page.status, 200);
    expect_metrics(DIRECTORY "/alerts.yml", page.text);
    expect_metrics(DIRECTORY "/alerts_test.yml", page.text);
    expect_metrics(DIRECTORY "/dashboard.json", page.text);
}

/*
 * Field tables: every form of both pools. The first byte chooses the form, the rest is a JSON body
 * or a query, whichever the form is for. What is accepted keeps to the row of each field, and is
 * accepted again as it was kept; what is refused names what is wrong.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { MOST_FORMS = 64, LONGEST = 8192 };

static struct sheet {
    const struct form *form;
    bool is_query;
} sheets[MOST_FORMS];
static size_t sheet_count;

static void add_sheet(const struct form *form, bool is_query)
{
    for (size_t i = 0; i < sheet_count; i++)
        if (sheets[i].form == form)
            return;
    must(sheet_count < MOST_FORMS, "there is room for all forms");
    if (form)
        sheets[sheet_count++] = (struct sheet){form, is_query};
}

static void add_sheets(struct pool pool)
{
    for (const struct route *route = pool.routes; route->method; route++) {
        add_sheet(route->body, false);
        add_sheet(route->query, true);
    }
}

void fuzz_open(void)
{
    add_sheets(patient_pool());
    add_sheets(admin_pool());
}

static const void *member(const struct field *field, const void *read)
{
    return (const char *)read + field->offset;
}

static const char *text_of(const struct field *field, const void *read)
{
    return *(const char *const *)member(field, read);
}

/* How many characters; a control character must be one of those that the kind allows. */
static int64_t count_characters(const char *text, const char *allowed)
{
    int64_t count = 0;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        must((c >= 0x20 && c != 0x7F) || strchr(allowed, c), "no control characters");
        count += (c & 0xC0) != 0x80;
    }
    return count;
}

static bool is_phone(const char *text)
{
    size_t digits = strspn(text + (*text == '+'), "0123456789");
    return digits >= 7 && digits <= 15 && text[digits + (*text == '+')] == '\0';
}

static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');
    for (const char *c = text; *c; c++)
        if (!isgraph((unsigned char)*c) || isupper((unsigned char)*c))
            return false;
    return at && at > text && at[1] && !strchr(at + 1, '@') && strlen(text) <= 254;
}

static bool is_choice(const struct field *field, const char *text)
{
    for (const char *const *choice = field->choices; *choice; choice++)
        if (*choice == text)
            return true;
    return false;
}

static void judge_text(const struct field *field, const char *text)
{
    int64_t count = 0;
    switch (field->kind) {
    case FIELD_LINE:
    case FIELD_PASSWORD:
    case FIELD_PROSE:
        count = count_characters(text, field->kind == FIELD_PROSE ? "\n\r\t" : "");
        must(count >= field->least && count <= field->most, "%s keeps its length", field->name);
        must(
            field->kind == FIELD_PASSWORD || count == 0 ||
                (!isspace((unsigned char)*text) && !isspace((unsigned char)text[strlen(text) - 1])),
            "%s is trimmed", field->name);
        break;
    case FIELD_PHONE:
        must(is_phone(text), "%s is a number: %s", field->name, text);
        break;
    case FIELD_EMAIL:
        must(is_email(text), "%s is an address: %s", field->name, text);
        break;
    case FIELD_DATE:
        must(date_is_valid(text), "%s is a date: %s", field->name, text);
        break;
    case FIELD_TIME_OF_DAY:
        must(time_of_day_is_valid(text), "%s is a time: %s", field->name, text);
        break;
    case FIELD_CHOICE:
        must(is_choice(field, text), "%s is a choice: %s", field->name, text);
        break;
    default:
        break;
    }
}

static struct json_object *describe(const struct form *form, const void *read);

/* The member as JSON; NULL: it was not given. Judges it on the way. */
static struct json_object *describe_field(const struct field *field, const void *read)
{
    int64_t integer;
    const struct moment *moment;
    switch (field->kind) {
    case FIELD_INTEGER:
    case FIELD_BOOLEAN:
        integer = *(const int64_t *)member(field, read);
        if (integer == NOT_GIVEN)
            return NULL;
        must(field->kind == FIELD_INTEGER ? integer >= field->least && integer <= field->most
                                          : integer == 0 || integer == 1,
             "%s keeps to its range", field->name);
        return field->kind == FIELD_INTEGER ? json_object_new_int64(integer)
                                            : json_object_new_boolean((int)integer);
    case FIELD_MOMENT:
        moment = member(field, read);
        must(!moment->local || strlen(moment->local) == LOCAL_TEXT_SIZE - 1, "a moment is whole");
        return moment->local ? json_object_new_string(moment->local) : NULL;
    case FIELD_OBJECT:
        return text_of(field, read) ? describe(field->form, text_of(field, read)) : NULL;
    default:
        if (!text_of(field, read))
            return NULL;
        if (!field->clearable || *text_of(field, read)) /* else null took it away */
            judge_text(field, text_of(field, read));
        return json_object_new_string(text_of(field, read));
    }
}

static struct json_object *describe(const struct form *form, const void *read)
{
    struct json_object *described = json_object_new_object();
    for (size_t i = 0; i < form->count; i++) {
        struct json_object *value = describe_field(&form->fields[i], read);
        must(value || !form->fields[i].required, "%s is required", form->fields[i].name);
        if (value)
            json_object_object_add(described, form->fields[i].name, value);
    }
    return described;
}

static void judge_accepted(struct arena *arena, const struct form *form, const void *read)
{
    const void *again;
    struct json_object *described = describe(form, read);
    must(!form_read_json(arena, form, described, &again), "what was kept is accepted: %s",
         json_object_to_json_string(described));
    struct json_object *second = describe(form, again);
    must(json_object_equal(described, second), "what was kept is kept: %s",
         json_object_to_json_string(described));
    json_object_put(described);
    json_object_put(second);
}

static void judge_refused(const struct sheet *sheet, const struct problem *problem)
{
    must(problem->status == (sheet->is_query ? 400 : 422), "it is refused as what it is");
    must(problem->errors || problem->detail, "it says why");
    for (const struct field_error *e = problem->errors; e; e = e->next)
        must(e->field && e->code && e->detail, "each field says why");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > LONGEST)
        return 0;
    const struct sheet *sheet = &sheets[data[0] % sheet_count];
    struct arena *arena = arena_new();
    const char *text = arena_copy(arena, (const char *)data + 1, size - 1);
    const struct problem *problem = NULL;
    struct json_object *tree = NULL;
    const void *read;
    if (sheet->is_query)
        problem = form_read_query(arena, sheet->form, text, &read);
    else if (json_read(arena, text, size - 1, &tree) == NULL)
        problem = form_read_json(arena, sheet->form, tree, &read);
    else
        read = NULL;
    if (problem)
        judge_refused(sheet, problem);
    else if (read)
        judge_accepted(arena, sheet->form, read);
    arena_free(arena);
    return 0;
}

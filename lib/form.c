#include "form.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* One form being read. */
struct reading {
    struct arena *arena;
    char *into; /* the struct */
    const struct field_error *errors;
    const struct field_error **last;
};

/* A field's value as it came: a JSON value, or a query's text. */
struct value {
    const char *text;
    size_t length;
    int64_t integer;
    struct json_object *object;
    enum { VALUE_TEXT, VALUE_INTEGER, VALUE_BOOLEAN, VALUE_OBJECT, VALUE_OTHER } type;
};

static void complain(struct reading *r, const char *field, const char *code, const char *detail)
{
    struct field_error *error = arena_alloc(r->arena, sizeof *error);
    *error = (struct field_error){.field = field, .code = code, .detail = detail};
    *r->last = error;
    r->last = &error->next;
}

/* White space as people type it: that of ASCII, and the spaces of Unicode, the ideographic one of
 * Korean keyboards included. */
static bool is_space(uint32_t character)
{
    return character == ' ' || (character >= '\t' && character <= '\r') || character == 0xA0 ||
           (character >= 0x2000 && character <= 0x200B) || character == 0x3000 ||
           character == 0xFEFF;
}

/* The size of the white space at the beginning; 0: there is none. */
static size_t space_size(const char *text, size_t length)
{
    uint32_t character = 0;
    size_t size = utf8_decode(text, length, &character);
    return size > 0 && is_space(character) ? size : 0;
}

/* Moves past the white space at both ends. */
static void trim(struct value *value)
{
    enum { LONGEST = 3 }; /* bytes of a space */
    for (size_t size; (size = space_size(value->text, value->length)) > 0; value->length -= size)
        value->text += size;
    for (size_t size = 1; size <= LONGEST && size <= value->length; size++)
        if (space_size(value->text + value->length - size, size) == size) {
            value->length -= size;
            size = 0;
        }
}

/* How many characters the text has; -1: a control character, or not UTF-8. */
static int64_t count_characters(const struct value *value, const char *allowed_controls)
{
    int64_t count = 0;
    uint32_t character = 0;
    for (size_t at = 0; at < value->length; count++) {
        size_t size = utf8_decode(value->text + at, value->length - at, &character);
        bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
        if (size == 0 || (control && (character == 0 || !strchr(allowed_controls, (int)character))))
            return -1;
        at += size;
    }
    return count;
}

/*
 * The readers, one a kind: each puts the value into its member and returns NULL, or says what it
 * should have been.
 */
static const char *read_characters(struct reading *r, const struct field *field,
                                   const struct value *value, const char *allowed_controls)
{
    int64_t count = count_characters(value, allowed_controls);
    if (count < 0)
        return "must be text without control characters";
    if (count < field->least || count > field->most)
        return arena_printf(r->arena, "must have %" PRId64 " to %" PRId64 " characters",
                            field->least, field->most);
    *(const char **)(void *)(r->into + field->offset) =
        arena_copy(r->arena, value->text, value->length);
    return NULL;
}

static const char *read_line(struct reading *r, const struct field *field, struct value *value)
{
    trim(value);
    return read_characters(r, field, value, "");
}

static const char *read_prose(struct reading *r, const struct field *field, struct value *value)
{
    trim(value);
    return read_characters(r, field, value, "\n\r\t");
}

static const char *read_password(struct reading *r, const struct field *field, struct value *value)
{
    return read_characters(r, field, value, "");
}

/* Seven digits are the shortest numbers in use, fifteen the longest that E.164 allows. */
static const char *read_phone(struct reading *r, const struct field *field, struct value *value)
{
    enum { FEWEST = 7, MOST = 15 };
    char digits[MOST + 2];
    size_t count = 0;
    trim(value);
    for (size_t i = 0; i < value->length; i++) {
        char c = value->text[i];
        bool keep = isdigit((unsigned char)c) || (c == '+' && i == 0);
        if (keep ? count == sizeof digits : c == '\0' || !strchr(" -.()", c))
            return "must be a telephone number";
        if (keep)
            digits[count++] = c;
    }
    size_t plus = count > 0 && digits[0] == '+';
    if (count - plus < FEWEST || count - plus > MOST)
        return "must be a telephone number of 7 to 15 digits";
    *(const char **)(void *)(r->into + field->offset) = arena_copy(r->arena, digits, count);
    return NULL;
}

static const char *read_email(struct reading *r, const struct field *field, struct value *value)
{
    enum { MOST = 254 }; /* RFC 5321, 4.5.3.1.3, less the angle brackets */
    trim(value);
    char *email = arena_copy(r->arena, value->text, value->length);
    const char *at = strchr(email, '@');
    bool printable = true;
    for (char *c = email; *c; c++) {
        printable = printable && isgraph((unsigned char)*c);
        *c = (char)tolower((unsigned char)*c);
    }
    if (!printable || value->length > MOST || !at || at == email || !strchr(at, '.') ||
        strchr(at + 1, '@') || at[1] == '.' || strstr(at, "..") || email[value->length - 1] == '.')
        return "must be an e-mail address";
    *(const char **)(void *)(r->into + field->offset) = email;
    return NULL;
}

static const char *read_checked(struct reading *r, const struct field *field,
                                const struct value *value, bool (*is_valid)(const char *),
                                const char *otherwise)
{
    const char *text = arena_copy(r->arena, value->text, value->length);
    if (!is_valid(text))
        return otherwise;
    *(const char **)(void *)(r->into + field->offset) = text;
    return NULL;
}

static const char *read_date(struct reading *r, const struct field *field, struct value *value)
{
    return read_checked(r, field, value, date_is_valid, "must be a date, such as 2027-03-02");
}

static const char *read_time_of_day(struct reading *r, const struct field *field,
                                    struct value *value)
{
    return read_checked(r, field, value, time_of_day_is_valid, "must be a time, such as 10:30");
}

static const char *read_choice(struct reading *r, const struct field *field, struct value *value)
{
    const char *list = "";
    for (const char *const *choice = field->choices; *choice; choice++) {
        if (strlen(*choice) == value->length && memcmp(*choice, value->text, value->length) == 0) {
            *(const char **)(void *)(r->into + field->offset) = *choice;
            return NULL;
        }
        list = arena_printf(r->arena, "%s%s%s", list, *list ? ", " : "", *choice);
    }
    return arena_printf(r->arena, "must be one of %s", list);
}

static const char *read_integer(struct reading *r, const struct field *field, struct value *value)
{
    bool clamped = value->integer == INT64_MAX; /* what json-c makes of anything larger */
    if (clamped || value->integer < field->least || value->integer > field->most)
        return arena_printf(r->arena, "must lie between %" PRId64 " and %" PRId64, field->least,
                            field->most);
    *(int64_t *)(void *)(r->into + field->offset) = value->integer;
    return NULL;
}

static const char *read_boolean(struct reading *r, const struct field *field, struct value *value)
{
    *(int64_t *)(void *)(r->into + field->offset) = value->integer;
    return NULL;
}

static const char *read_moment(struct reading *r, const struct field *field, struct value *value)
{
    char *local = arena_alloc(r->arena, LOCAL_TEXT_SIZE);
    const char *text = arena_copy(r->arena, value->text, value->length);
    if (!moment_read(text, (struct moment *)(void *)(r->into + field->offset), local))
        return "must be a time, such as 2027-03-02T10:15 or 2027-03-02T10:15:00+09:00";
    return NULL;
}

/* What is wrong within the object is told under its name: "override.reason". */
static const char *read_object(struct reading *r, const struct field *field, struct value *value)
{
    const struct problem *problem = form_read_json(
        r->arena, field->form, value->object, (const void **)(void *)(r->into + field->offset));
    for (const struct field_error *e = problem ? problem->errors : NULL; e; e = e->next)
        complain(r, arena_printf(r->arena, "%s.%s", field->name, e->field), e->code, e->detail);
    return NULL;
}

static const struct kind {
    int type; /* of struct value */
    const char *wrong_type;
    const char *(*read)(struct reading *, const struct field *, struct value *);
} kinds[] = {
    [FIELD_LINE] = {VALUE_TEXT, "must be a string", read_line},
    [FIELD_PROSE] = {VALUE_TEXT, "must be a string", read_prose},
    [FIELD_PASSWORD] = {VALUE_TEXT, "must be a string", read_password},
    [FIELD_PHONE] = {VALUE_TEXT, "must be a string", read_phone},
    [FIELD_EMAIL] = {VALUE_TEXT, "must be a string", read_email},
    [FIELD_DATE] = {VALUE_TEXT, "must be a string", read_date},
    [FIELD_TIME_OF_DAY] = {VALUE_TEXT, "must be a string", read_time_of_day},
    [FIELD_CHOICE] = {VALUE_TEXT, "must be a string", read_choice},
    [FIELD_INTEGER] = {VALUE_INTEGER, "must be an integer", read_integer},
    [FIELD_BOOLEAN] = {VALUE_BOOLEAN, "must be true or false", read_boolean},
    [FIELD_MOMENT] = {VALUE_TEXT, "must be a string", read_moment},
    [FIELD_OBJECT] = {VALUE_OBJECT, "must be an object", read_object},
};

const char *form_type(const struct field *field)
{
    static const char *const types[] = {
        [VALUE_TEXT] = "string",
        [VALUE_INTEGER] = "integer",
        [VALUE_BOOLEAN] = "boolean",
        [VALUE_OBJECT] = "object",
    };
    return types[kinds[field->kind].type];
}

/* What JSON has for a field. */
static struct value value_of_json(struct json_object *tree)
{
    switch (json_object_get_type(tree)) {
    case json_type_string:
        return (struct value){.type = VALUE_TEXT,
                              .text = json_object_get_string(tree),
                              .length = (size_t)json_object_get_string_len(tree)};
    case json_type_int:
        return (struct value){.type = VALUE_INTEGER, .integer = json_object_get_int64(tree)};
    case json_type_object:
        return (struct value){.type = VALUE_OBJECT, .object = tree};
    case json_type_boolean:
        return (struct value){.type = VALUE_BOOLEAN, .integer = json_object_get_boolean(tree)};
    default:
        return (struct value){.type = VALUE_OTHER};
    }
}

static bool is_integer(const char *text, int64_t *integer)
{
    char *end;
    if (!isdigit((unsigned char)text[*text == '-']))
        return false;
    errno = 0;
    *integer = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0;
}

/* What a query's text means for a field of that kind. */
static struct value value_of_text(const struct field *field, const char *text)
{
    struct value value = {.type = VALUE_TEXT, .text = text, .length = strlen(text)};
    if (kinds[field->kind].type == VALUE_INTEGER && is_integer(text, &value.integer))
        value.type = VALUE_INTEGER;
    if (kinds[field->kind].type == VALUE_BOOLEAN && !strcmp(text, "true"))
        value = (struct value){.type = VALUE_BOOLEAN, .integer = 1};
    if (kinds[field->kind].type == VALUE_BOOLEAN && !strcmp(text, "false"))
        value = (struct value){.type = VALUE_BOOLEAN, .integer = 0};
    return value;
}

static void fill(struct reading *r, const struct field *field, struct value value)
{
    const struct kind *kind = &kinds[field->kind];
    const char *wrong =
        kind->type == (int)value.type ? kind->read(r, field, &value) : kind->wrong_type;
    if (wrong)
        complain(r, field->name, kind->type == (int)value.type ? "not_acceptable" : "wrong_type",
                 wrong);
}

static bool is_pointer(const struct field *field)
{
    int type = kinds[field->kind].type;
    return type == VALUE_TEXT || type == VALUE_OBJECT;
}

static void fill_absent(struct reading *r, const struct field *field)
{
    if (field->required)
        complain(r, field->name, "required", "is required");
    else if (field->otherwise)
        fill(r, field, value_of_text(field, field->otherwise));
}

static struct reading begin(struct arena *arena, const struct form *form)
{
    struct reading reading = {.arena = arena, .into = arena_alloc(arena, form->size)};
    for (size_t i = 0; i < form->count; i++)
        if (!is_pointer(&form->fields[i]))
            *(int64_t *)(void *)(reading.into + form->fields[i].offset) = NOT_GIVEN;
    return reading;
}

static const struct problem *finish(struct reading *r, const struct problem *kind,
                                    const void **read)
{
    *read = r->into;
    if (!r->errors)
        return NULL;
    struct problem *problem = arena_alloc(r->arena, sizeof *problem);
    *problem = *kind;
    problem->errors = r->errors;
    return problem;
}

static const struct field *field_named(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return &form->fields[i];
    return NULL;
}

const struct problem *form_read_json(struct arena *arena, const struct form *form,
                                     struct json_object *tree, const void **read)
{
    struct reading r = begin(arena, form);
    r.last = &r.errors;
    if (!json_object_is_type(tree, json_type_object))
        return problem_detail(arena, &problem_invalid, "The body must be a JSON object.");
    for (size_t i = 0; i < form->count; i++) {
        const struct field *field = &form->fields[i];
        struct json_object *value = NULL;
        bool present = json_object_object_get_ex(tree, field->name, &value);
        if (!present || (!value && field->nullable))
            fill_absent(&r, field);
        else if (!value && field->clearable)
            *(const char **)(void *)(r.into + field->offset) = "";
        else
            fill(&r, field, value_of_json(value));
    }
    struct lh_entry *member;
    lh_foreach(json_object_get_object(tree), member)
    {
        const char *name = lh_entry_k(member);
        if (!field_named(form, name))
            complain(&r, name, "unknown", "is not a field of this request");
    }
    return finish(&r, &problem_invalid, read);
}

static int hex_digit(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* Undoes percent-encoding and "+" in place. False: a bad escape, a NUL, or not UTF-8. */
static bool decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++, to++) {
        *to = (char)(*from == '+' ? ' ' : *from);
        if (*from != '%')
            continue;
        int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
        if (low < 0 || high + low == 0)
            return false;
        *to = (char)(high * 16 + low);
        from += 2;
    }
    *to = '\0';
    return count_characters(&(struct value){.text = text, .length = (size_t)(to - text)},
                            "\n\r\t") >= 0;
}

/* Keeps a parameter's value for its field, unless it has none, or has a value already. */
static void note_parameter(struct reading *r, const struct form *form, const char **values,
                           const char *name, const char *value)
{
    const struct field *field = field_named(form, name);
    if (!field) {
        if (*name)
            complain(r, name, "unknown", "is not a parameter of this request");
        return;
    }
    size_t index = (size_t)(field - form->fields);
    if (values[index])
        complain(r, name, "duplicate", "stands there twice");
    else
        values[index] = value;
}

const struct problem *form_read_query(struct arena *arena, const struct form *form,
                                      const char *query, const void **read)
{
    struct reading r = begin(arena, form);
    r.last = &r.errors;
    const char **values = arena_alloc(arena, (form->count + 1) * sizeof *values);
    char *rest = arena_copy(arena, query, strlen(query));
    for (char *name; (name = strsep(&rest, "&"));) {
        char *value = strchr(name, '=');
        if (value)
            *value++ = '\0';
        if (!decode(name) || (value && !decode(value)))
            return problem_detail(arena, &problem_bad_request,
                                  "The query has a broken percent-encoding.");
        note_parameter(&r, form, values, name, value ? value : "");
    }
    for (size_t i = 0; i < form->count; i++) {
        if (values[i] && *values[i])
            fill(&r, &form->fields[i], value_of_text(&form->fields[i], values[i]));
        else
            fill_absent(&r, &form->fields[i]);
    }
    return finish(&r, &problem_bad_request, read);
}

const char **form_parameters(struct arena *arena, const struct form *form, const void *read)
{
    const char **parameters = arena_alloc(arena, (form->count + 1) * sizeof *parameters);
    for (size_t i = 0; i < form->count; i++) {
        const void *member = (const char *)read + form->fields[i].offset;
        if (is_pointer(&form->fields[i]))
            parameters[i] = *(const char *const *)member;
        else if (*(const int64_t *)member != NOT_GIVEN)
            parameters[i] = arena_printf(arena, "%" PRId64, *(const int64_t *)member);
    }
    return parameters;
}

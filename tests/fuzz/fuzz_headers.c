/*
 * Headers, by a request that is good but for them: the data is seven lines, the values of
 * `parameters` below. Regular expressions foretell the answer. "@" stands for what is right and
 * could not be guessed: the body's length, and a token.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front_door.h"

enum { LENGTH, TYPE, AUTHORIZATION, IF_MATCH, KEY, REQUEST_ID, ADDRESS, PARAMETERS };
enum { LONGEST = 4096, MOST_CONTENT = 64 * 1024 };

static const char *const parameters[PARAMETERS] = {
    "CONTENT_LENGTH",       "CONTENT_TYPE", "HTTP_AUTHORIZATION", "HTTP_IF_MATCH",
    "HTTP_IDEMPOTENCY_KEY", "REQUEST_ID",   "REMOTE_ADDR"};

static const char *const expressions[PARAMETERS] = {
    [LENGTH] = "^[0-9]*$",
    [TYPE] = "^application/json[ \t]*(;[ \t]*charset=(\"utf-8\"|utf-8))?$",
    [AUTHORIZATION] = "^bearer @$",
    [IF_MATCH] = "^(\\*|\"0{0,8}3\")?$", /* as database.c has the appointment */
    [KEY] = "^[!-~]{0,255}$",
    [REQUEST_ID] = "^[0-9a-z-]{1,64}$",
    [ADDRESS] = "",
};

static const char body[] = "{\"status\": \"arrived\"}";
enum { BODY_LENGTH = sizeof body - 1 };

static regex_t shapes[PARAMETERS];
static struct arena *kept;
static const char *token;

void fuzz_open(void)
{
    kept = arena_new();
    struct pool pool = admin_pool();
    token =
        token_issue(kept, &fuzz_key, &(struct caller){1, 1, ROLE_DESK}, 1, (time_t)FUZZ_NOW * 10);
    for (size_t i = 0; i < PARAMETERS; i++)
        must(regcomp(&shapes[i], expressions[i], REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0,
             "%s is a regular expression", expressions[i]);
    front_door_open(pool);
}

static bool fits(const char *const values[], int which)
{
    return regexec(&shapes[which], values[which], 0, NULL, 0) == 0;
}

static int foretell(const char *const values[])
{
    bool right_length = strcmp(values[LENGTH], "@") == 0;
    if (!right_length && !fits(values, LENGTH))
        return 400;
    unsigned long length = right_length ? BODY_LENGTH : strtoul(values[LENGTH], NULL, 10);
    if (length > MOST_CONTENT)
        return 413;
    if (length > BODY_LENGTH)
        return 400;
    if (!fits(values, AUTHORIZATION))
        return 401;
    if (!fits(values, KEY))
        return 400;
    if (!fits(values, TYPE))
        return 415;
    if (length < BODY_LENGTH)
        return 400;
    return fits(values, IF_MATCH) ? 200 : 412;
}

/* What is sent for a value. */
static const char *meant(struct arena *arena, int which, const char *value)
{
    const char *at = strchr(value, '@');
    if (which == LENGTH && strcmp(value, "@") == 0)
        return arena_printf(arena, "%d", BODY_LENGTH);
    if (which == AUTHORIZATION && at)
        return arena_printf(arena, "%.*s%s%s", (int)(at - value), value, token, at + 1);
    return value;
}

static void judge(struct arena *arena, const char *const values[], const struct came_back *answer)
{
    front_door_judge(arena, answer);
    int foretold = foretell(values);
    must(answer->status == foretold, "%d was foretold, %d came: %s", foretold, answer->status,
         answer->body);
    const char *id = front_door_header(arena, answer, "X-Request-Id");
    must(!fits(values, REQUEST_ID) || strcmp(id, values[REQUEST_ID]) == 0, "an id is kept");
    must(fits(values, REQUEST_ID) || strspn(id, "0123456789abcdef") == 32, "or made anew: %s", id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *values[PARAMETERS], *sent[2 * PARAMETERS + 5];
    if (size > LONGEST)
        return 0;
    struct arena *arena = arena_new();
    char *rest = arena_copy(arena, (const char *)data, size);
    size_t count = 0;
    for (int i = 0; i < PARAMETERS; i++) {
        values[i] = rest ? strsep(&rest, "\n") : "";
        sent[count++] = parameters[i];
        sent[count++] = meant(arena, i, values[i]);
    }
    sent[count++] = "REQUEST_METHOD";
    sent[count++] = "PATCH";
    sent[count++] = "DOCUMENT_URI";
    sent[count++] = "/api/v1/admin/appointments/1/status";
    sent[count] = NULL;
    struct came_back answer = front_door_ask(sent, body, BODY_LENGTH);
    judge(arena, values, &answer);
    free(answer.head);
    arena_free(arena);
    return 0;
}

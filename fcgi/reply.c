#include "reply.h"

#include <inttypes.h>
#include <string.h>

const char *reply_content_type(int status)
{
    return status < 400 ? "application/json" : "application/problem+json";
}

void reply_document(const struct request *request, struct reply *reply,
                    const struct document *document)
{
    *reply = (struct reply){
        .status = request->route->success,
        .content_type = reply_content_type(request->route->success),
        .body = document->json,
        .length = document->length,
        .version = document->version,
    };
}

void reply_created(const struct request *request, struct reply *reply,
                   const struct document *document)
{
    reply_document(request, reply, document);
    reply->location = arena_printf(request->arena, "%s/%" PRId64, request->path, document->id);
}

void reply_empty(const struct request *request, struct reply *reply)
{
    *reply = (struct reply){.status = request->route->success};
}

static void add_text(struct json_object *object, const char *name, const char *text)
{
    if (text)
        json_object_object_add(object, name, json_object_new_string(text));
}

static struct json_object *errors_of(const struct problem *problem)
{
    struct json_object *errors = json_object_new_array();
    for (const struct field_error *e = problem->errors; e; e = e->next) {
        struct json_object *error = json_object_new_object();
        add_text(error, "field", e->field);
        add_text(error, "code", e->code);
        add_text(error, "detail", e->detail);
        json_object_array_add(errors, error);
    }
    return errors;
}

void reply_problem(const struct request *request, struct reply *reply,
                   const struct problem *problem)
{
    struct json_object *body = json_object_new_object();
    const char *type = arena_printf(request->arena, "urn:problem-type:hospital:%s", problem->code);
    add_text(body, "type", type);
    add_text(body, "title", problem->title);
    json_object_object_add(body, "status", json_object_new_int(problem->status));
    add_text(body, "detail", problem->detail ? problem->detail : problem->title);
    add_text(body, "code", problem->code);
    add_text(body, "request_id", request->id);
    if (problem->errors)
        json_object_object_add(body, "errors", errors_of(problem));
    const char *text = json_text(request->arena, body);
    *reply = (struct reply){
        .status = problem->status,
        .content_type = reply_content_type(problem->status),
        .body = text,
        .length = strlen(text),
        .allow = reply->allow,
        .retry_after = problem->status == 503 ? 1 : problem->retry_after,
        .code = problem->code,
    };
}

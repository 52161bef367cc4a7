#include "once.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "idempotency.h"
#include "reply.h"
#include "session.h"

static bool is_key(const char *text)
{
    enum { LONGEST = 255 };
    size_t length = 0;
    while (isgraph((unsigned char)text[length]))
        length++;
    return length > 0 && length <= LONGEST && text[length] == '\0';
}

/* Who has not logged in shares one caller, but no answer: it opens only to the same request. */
static const char *name_of_caller(const struct request *request)
{
    if (request->caller.id == NOT_GIVEN)
        return arena_printf(request->arena, "anyone of %s", request->worker->pool->audience);
    return arena_printf(request->arena, "%s %" PRId64, request->worker->pool->audience,
                        request->caller.id);
}

static struct piece piece_of(const char *text)
{
    return (struct piece){.bytes = text ? text : "", .length = text ? strlen(text) : 0};
}

/* A page's refresh token stands in its cookie, and an answer to it opens to none but its holder. */
static struct errand errand_of(const struct request *request)
{
    const char *refresh_token =
        request->caller.id == NOT_GIVEN ? session_refresh_token(request) : NULL;
    const struct piece pieces[] = {
        piece_of(request->method),
        piece_of(request->path),
        piece_of(request->query_string),
        piece_of(request->if_match),
        {.bytes = request->content, .length = request->content_length},
        piece_of(refresh_token),
    };
    size_t count = sizeof pieces / sizeof *pieces - (refresh_token ? 0 : 1);
    const struct worker *worker = request->worker;
    const char *also = worker->also_key.secret;
    return (struct errand){
        .caller = name_of_caller(request),
        .key = request->idempotency_key,
        .fingerprint = secret_fingerprint(request->arena, worker->token_key.secret, pieces, count),
        .also = *also ? secret_fingerprint(request->arena, also, pieces, count)
                      : (struct fingerprint){.digest = NULL},
    };
}

/* The answer that is kept, if there is one. */
static const struct problem *replay(struct request *request, const struct errand *errand,
                                    struct reply *reply)
{
    struct kept_answer kept;
    const struct problem *problem = idempotency_find(&request->db, errand, &kept);
    if (problem || !kept.status)
        return problem;
    *reply = (struct reply){
        .status = kept.status,
        .content_type = reply_content_type(kept.status),
        .location = kept.location,
        .version = kept.version,
        .body = kept.body,
        .length = kept.length,
        .replayed = true,
    };
    return NULL;
}

static const struct problem *keep(struct request *request, const struct errand *errand,
                                  const struct reply *reply)
{
    const struct kept_answer answer = {
        .status = reply->status,
        .location = reply->location,
        .version = reply->version,
        .body = reply->body,
        .length = reply->length,
    };
    return idempotency_keep(&request->db, errand, &answer);
}

/* What another time may be answered otherwise, nothing having been done, is asked for again. */
static bool is_kept(const struct problem *problem)
{
    return problem->status < 500 && problem->status != problem_too_many_requests.status &&
           problem != &problem_idempotency_key_in_use;
}

static const struct problem *carry_out_and_keep(struct request *request,
                                                const struct errand *errand, struct reply *reply,
                                                handler *carry_out)
{
    idempotency_begin(&request->db, errand);
    const struct problem *problem = carry_out(request, reply);
    if (problem && !is_kept(problem)) {
        db_roll_back(&request->db);
        return problem;
    }
    if (problem) /* what it wrote stays, as without a key: a stolen token has ended its login */
        reply_problem(request, reply, problem);
    return keep(request, errand, reply);
}

const struct problem *answer_once(struct request *request, struct reply *reply, handler *carry_out)
{
    if (!is_key(request->idempotency_key))
        return problem_detail(request->arena, &problem_bad_request,
                              "An Idempotency-Key has 1 to 255 visible characters.");
    struct errand errand = errand_of(request);
    const struct problem *problem = replay(request, &errand, reply);
    if (problem || reply->status)
        return problem;
    problem = carry_out_and_keep(request, &errand, reply, carry_out);
    if (problem != &problem_idempotency_key_in_use)
        return problem;
    /* Somebody else was faster; perhaps there is an answer by now. */
    *reply = (struct reply){.status = 0};
    const struct problem *other = replay(request, &errand, reply);
    return other || reply->status ? other : problem;
}

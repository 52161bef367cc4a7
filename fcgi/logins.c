#include "logins.h"

#include <string.h>

#include "endpoints.h"
#include "reply.h"
#include "session.h"

static int refresh_days(const struct request *request)
{
    return (int)request->worker->settings.refresh_token_days;
}

const struct problem *logins_reply(struct request *request, const struct login *login,
                                   struct reply *reply)
{
    const struct worker *worker = request->worker;
    time_t now = time(NULL);
    int64_t seconds = worker->settings.access_token_minutes * 60;
    struct caller caller = {
        .id = login->person_id,
        .login_id = login->id,
        .role = login->role ? role_by_name(login->role) : ROLE_PATIENT,
    };
    const char *token =
        token_issue(request->arena, &worker->token_key, &caller, now, now + seconds);
    if (!token)
        return &problem_unavailable;
    const char *body =
        arena_printf(request->arena,
                     "{\"access_token\": \"%s\", \"token_type\": \"Bearer\", \"expires_in\": %lld,"
                     " \"refresh_token\": \"%s\", \"%s\": %s}",
                     token, (long long)seconds, login->refresh_token,
                     login->role ? "staff" : "patient", login->person);
    reply_document(request, reply, &(struct document){.json = body, .length = strlen(body)});
    return NULL;
}

static const struct problem *start(struct request *request, const char *name, const char *password,
                                   struct reply *reply)
{
    struct login login;
    const struct attempt attempt = {
        .name = name,
        .password = password,
        .address = request->address,
        .our_key = request->worker->token_key.secret,
        .earlier_login = route_earlier_login(request),
    };
    const struct problem *problem =
        login_with_password(&request->db, request->route->of, request->worker->hashing, &attempt,
                            refresh_days(request), &login);
    return problem ? problem : logins_reply(request, &login, reply);
}

const struct problem *logins_start_patient(struct request *request, struct reply *reply)
{
    const struct patient_credentials *credentials = request->body;
    return start(request, credentials->phone, credentials->password, reply);
}

const struct problem *logins_start_staff(struct request *request, struct reply *reply)
{
    const struct staff_credentials *credentials = request->body;
    return start(request, credentials->email, credentials->password, reply);
}

const struct problem *logins_refresh(struct request *request, struct reply *reply)
{
    struct login login;
    struct refresh refresh = *(const struct refresh *)request->body;
    if (!refresh.refresh_token)
        refresh.refresh_token = session_refresh_token(request);
    if (!refresh.refresh_token)
        return &problem_unauthenticated;
    const struct problem *problem =
        login_refresh(&request->db, request->route->of, &refresh, refresh_days(request), &login);
    return problem ? problem : logins_reply(request, &login, reply);
}

const struct problem *logins_end(struct request *request, struct reply *reply)
{
    const struct problem *problem = login_end(&request->db, request->caller.login_id);
    if (!problem)
        reply_empty(request, reply);
    return problem;
}

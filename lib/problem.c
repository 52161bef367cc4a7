#include "problem.h"

#define PROBLEM_DEFINE(CODE, STATUS, TITLE)                                                        \
    const struct problem problem_##CODE = {.status = (STATUS), .code = #CODE, .title = (TITLE)};
PROBLEMS(PROBLEM_DEFINE)

const struct problem *problem_detail(struct arena *arena, const struct problem *kind,
                                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct problem *problem = arena_alloc(arena, sizeof *problem);
    *problem = *kind;
    problem->detail = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return problem;
}

const struct problem *problem_field(struct arena *arena, const struct problem *kind,
                                    const char *field, const char *code, const char *detail)
{
    struct field_error *error = arena_alloc(arena, sizeof *error);
    *error = (struct field_error){.field = field, .code = code, .detail = detail};
    struct problem *problem = arena_alloc(arena, sizeof *problem);
    *problem = *kind;
    problem->errors = error;
    return problem;
}

const struct problem *problem_wait(struct arena *arena, int seconds)
{
    struct problem *problem = arena_alloc(arena, sizeof *problem);
    *problem = problem_too_many_requests;
    problem->detail = arena_printf(arena, "Please wait %d seconds.", seconds);
    problem->retry_after = seconds;
    return problem;
}

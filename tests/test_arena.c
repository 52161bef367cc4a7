/* Memory that belongs to one request. */
#include "arena.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum { OUT_OF_MEMORY = 70 };

#define KIB ((size_t)1024)

static struct arena *arena;

static void begin(void)
{
    arena = arena_new();
}

static void end(void)
{
    arena_free(arena);
}

TestSuite(arena, .init = begin, .fini = end);

static bool is_all(const unsigned char *bytes, size_t size, unsigned char expected)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != expected)
            return false;
    return true;
}

Test(arena, every_piece_is_aligned_for_any_type)
{
    for (size_t size = 0; size < 300; size++) {
        void *piece = arena_alloc(arena, size);
        cr_expect_eq((uintptr_t)piece % alignof(max_align_t), 0, "%zu bytes at %p", size, piece);
    }
    cr_expect_eq((uintptr_t)arena_alloc(arena, 100 * KIB + 1) % alignof(max_align_t), 0);
    cr_expect_eq((uintptr_t)arena_alloc(arena, 1) % alignof(max_align_t), 0);
}

Test(arena, a_piece_is_zero_even_where_others_have_been)
{
    static const size_t sizes[] = {1,        15,           16,       17, 1000, 16 * KIB - 1,
                                   16 * KIB, 16 * KIB + 1, 200 * KIB};
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *piece = arena_alloc(arena, sizes[i]);
            cr_expect(is_all(piece, sizes[i], 0), "round %d, %zu bytes", round, sizes[i]);
            memset(piece, 0xA5, sizes[i]);
        }
        arena_reset(arena);
    }
}

/* Each piece is filled with a number of its own; all must still be there in the end. */
Test(arena, nobody_writes_over_anybody_else)
{
    enum { PIECES = 5000 };
    static unsigned char *pieces[PIECES];
    static size_t sizes[PIECES];
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < PIECES; i++) {
            sizes[i] = i % 97 == 0 ? 20 * KIB : i % 61;
            pieces[i] = arena_alloc(arena, sizes[i]);
            memset(pieces[i], (int)(i % 251), sizes[i]);
        }
        for (size_t i = 0; i < PIECES; i++)
            cr_expect(is_all(pieces[i], sizes[i], (unsigned char)(i % 251)), "piece %zu", i);
        arena_reset(arena);
    }
}

Test(arena, the_last_piece_can_be_extended_within_its_block)
{
    unsigned char *first = arena_alloc(arena, 10), *last = arena_alloc(arena, 100);
    memset(first, 1, 10);
    memset(last, 2, 100);
    cr_expect(!arena_extend(arena, first, 10, 100), "another piece follows it");
    cr_assert(arena_extend(arena, last, 100, 5 * KIB));
    memset(last, 2, 5 * KIB);
    unsigned char *next = arena_alloc(arena, 1000);
    cr_expect(is_all(next, 1000, 0));
    cr_expect(is_all(first, 10, 1) && is_all(last, 5 * KIB, 2));
    cr_expect(!arena_extend(arena, last, 5 * KIB, 6 * KIB), "it is the last one no more");
    cr_expect(!arena_extend(arena, next, 1000, 16 * KIB), "the block ends before");
    cr_expect(!arena_extend(arena, next, 1000, 10), "that is less");
}

Test(arena, pieces_of_every_size_around_a_block)
{
    for (size_t size = 16 * KIB - 40; size < 16 * KIB + 40; size++) {
        unsigned char *before = arena_alloc(arena, 24);
        unsigned char *piece = arena_alloc(arena, size);
        unsigned char *after = arena_alloc(arena, 24);
        memset(before, 1, 24);
        memset(piece, 2, size);
        memset(after, 3, 24);
        cr_expect(is_all(before, 24, 1) && is_all(piece, size, 2) && is_all(after, 24, 3),
                  "%zu bytes", size);
    }
}

Test(arena, a_copy_ends_with_nul_and_holds_all_bytes)
{
    static const char text[] = "Kim\0Lee";
    const char *copy = arena_copy(arena, text, sizeof text - 1);
    cr_expect_arr_eq(copy, text, sizeof text);
    cr_expect_neq((const void *)copy, (const void *)text);
    cr_expect_str_eq(arena_copy(arena, "Kim Lee", 3), "Kim");
    cr_expect_str_eq(arena_copy(arena, "Kim", 0), "");
}

Test(arena, a_printed_text_is_as_long_as_it_needs)
{
    cr_expect_str_eq(arena_printf(arena, "%s", ""), "");
    cr_expect_str_eq(arena_printf(arena, "%d of %s", 3, "57"), "3 of 57");
    const char *wide = arena_printf(arena, "%*d", 100000, 7);
    cr_expect_eq(strlen(wide), 100000);
    cr_expect_eq(wide[99999], '7');
}

Test(arena, a_reset_arena_begins_where_it_began)
{
    const void *first = arena_alloc(arena, 1);
    for (int round = 0; round < 3; round++) {
        arena_alloc(arena, 40 * KIB);
        arena_reset(arena);
        cr_expect_eq(arena_alloc(arena, 1), first, "round %d", round);
    }
}

/* What was released, in order. */
static char released[64];

static void release(void *thing)
{
    strncat(released, thing, sizeof released - strlen(released) - 1);
}

Test(arena, reset_releases_newest_first_and_once)
{
    arena_defer(arena, release, (char[]){"a"});
    arena_alloc(arena, 100 * KIB);
    arena_defer(arena, release, arena_copy(arena, "b", 1));
    arena_defer(arena, release, arena_copy(arena, "c", 1));
    cr_expect_str_eq(released, "");
    arena_reset(arena);
    cr_expect_str_eq(released, "cba");
    arena_reset(arena);
    cr_expect_str_eq(released, "cba");
    arena_defer(arena, release, (char[]){"d"});
    arena_reset(arena);
    cr_expect_str_eq(released, "cbad");
}

/* What is released may still look at what the arena holds. */
Test(arena, what_is_deferred_outlives_nothing_it_needs)
{
    char *big = arena_alloc(arena, 50 * KIB);
    strcpy(big, "big");
    arena_defer(arena, release, big);
    arena_alloc(arena, 50 * KIB);
    arena_reset(arena);
    cr_expect_str_eq(released, "big");
}

Test(arena, the_end_releases_too)
{
    struct arena *another = arena_new();
    arena_defer(another, release, (char[]){"x"});
    arena_defer(another, release, (char[]){"y"});
    arena_free(another);
    cr_expect_str_eq(released, "yx");
    arena_free(NULL);
}

Test(arena, many_requests_follow_each_other)
{
    for (int request = 0; request < 20000; request++) {
        char *text = arena_printf(arena, "request %d", request);
        char *big = arena_alloc(arena, request % 100 ? 64 : 70 * KIB);
        big[0] = 'x';
        cr_assert(atoi(text + strlen("request ")) == request);
        arena_reset(arena);
    }
}

Test(arena, what_cannot_be_had_ends_the_process, .exit_code = OUT_OF_MEMORY)
{
    cr_redirect_stderr(); /* it says so there */
    arena_alloc(arena, SIZE_MAX);
}

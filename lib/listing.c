#include "listing.h"

#include <inttypes.h>

struct listing listing_begin(struct arena *arena, const struct page *page)
{
    struct listing listing = {.page = page, .text = {.arena = arena}};
    text_add(&listing.text, "{\"items\": [");
    return listing;
}

bool listing_shows_next(struct listing *listing)
{
    const struct page *page = listing->page;
    int64_t place = listing->total++ - (page->number - 1) * page->size;
    bool shown = place >= 0 && place < page->size;
    if (shown && place > 0)
        text_add(&listing->text, ", ");
    return shown;
}

struct document listing_end(struct listing *listing)
{
    text_print(&listing->text,
               "], \"total\": %" PRId64 ", \"page\": %" PRId64 ", \"page_size\": %" PRId64 "}",
               listing->total, listing->page->number, listing->page->size);
    return (struct document){.json = listing->text.start, .length = listing->text.length};
}

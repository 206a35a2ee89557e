#define AERONGO_KIND exclusive_publication
#include "publication_kind.h"

aerongo_offer_t aerongo_exclusive_publication_append_padding(
    aeron_exclusive_publication_t *publication, size_t length)
{
    return aerongo_offered(aeron_exclusive_publication_append_padding(publication, length));
}

void aerongo_exclusive_publication_revoke_on_close(aeron_exclusive_publication_t *publication)
{
    aeron_exclusive_publication_revoke_on_close(publication);
}

aerongo_result_t aerongo_exclusive_publication_revoke(
    aeron_exclusive_publication_t *publication, aerongo_listener_t *listener)
{
    aeron_err_clear();
    return aerongo_status(aeron_exclusive_publication_revoke(publication, aerongo_on_close_complete, listener));
}

/* C looks at the first frame only. */
aerongo_offer_t aerongo_exclusive_publication_offer_block(
    aeron_exclusive_publication_t *publication, const uint8_t *frames, size_t length)
{
    return aerongo_offered(aeron_exclusive_publication_offer_block(publication, frames, length));
}

/* Go reads and writes these four as one struct: cgo/log.go. */
_Static_assert(
    8 == offsetof(aeron_exclusive_publication_t, term_offset) - offsetof(aeron_exclusive_publication_t, term_begin_position),
    "term offset");
_Static_assert(
    12 == offsetof(aeron_exclusive_publication_t, term_id) - offsetof(aeron_exclusive_publication_t, term_begin_position),
    "term id");
_Static_assert(
    16 == offsetof(aeron_exclusive_publication_t, active_partition_index) -
        offsetof(aeron_exclusive_publication_t, term_begin_position),
    "active partition index");
_Static_assert(8 == sizeof(((aeron_exclusive_publication_t *)0)->active_partition_index), "size of a partition index");

int64_t *aerongo_exclusive_publication_state(aeron_exclusive_publication_t *publication)
{
    return &publication->term_begin_position;
}

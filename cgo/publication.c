#define AERONGO_KIND publication
#include "publication_kind.h"

const uint8_t aerongo_nothing[1] = { 0 };

aerongo_offer_t aerongo_offered(int64_t value)
{
    aerongo_offer_t offer = { .value = value };

    if (AERON_PUBLICATION_ERROR == value)
    {
        aerongo_result_t failure = aerongo_failure();
        offer.text = failure.text;
        offer.code = failure.code;
        aeron_err_clear();
    }

    return offer;
}

int64_t aerongo_reserved_value(void *clientd, uint8_t *buffer, size_t frame_length)
{
    return *(int64_t *)clientd;
}

const char *aerongo_publication_channel(aeron_publication_t *publication)
{
    return aeron_publication_channel(publication);
}

int32_t aerongo_publication_stream_id(aeron_publication_t *publication)
{
    return aeron_publication_stream_id(publication);
}

int32_t aerongo_publication_session_id(aeron_publication_t *publication)
{
    return aeron_publication_session_id(publication);
}

aerongo_result_t aerongo_buffer_claim_commit(uint8_t *frame, uint8_t *data, size_t length)
{
    aeron_buffer_claim_t claim = { .frame_header = frame, .data = data, .length = length };

    aeron_err_clear();
    return aerongo_status(aeron_buffer_claim_commit(&claim));
}

aerongo_result_t aerongo_buffer_claim_abort(uint8_t *frame, uint8_t *data, size_t length)
{
    aeron_buffer_claim_t claim = { .frame_header = frame, .data = data, .length = length };

    aeron_err_clear();
    return aerongo_status(aeron_buffer_claim_abort(&claim));
}

/*
 * The shims of both kinds of publication, which differ in C by name only. publication.c and exclusive_publication.c each
 * define AERONGO_KIND and include this file.
 */
#include "shim.h"

#include "aeron_exclusive_publication.h"
#include "aeron_log_buffer.h"
#include "aeron_publication.h"
#include "util/aeron_error.h"

#define AERONGO_PASTE(a, b, c) a##b##c
#define AERONGO_EXPAND(a, b, c) AERONGO_PASTE(a, b, c)
#define AERON_FN(name) AERONGO_EXPAND(aeron_, AERONGO_KIND, _##name)
#define AERON_ADD(suffix) AERONGO_EXPAND(aeron_async_add_, AERONGO_KIND, suffix)
#define AERON_REMOVE AERONGO_EXPAND(aeron_async_remove_, AERONGO_KIND, )
#define AERONGO_REMOVE AERONGO_EXPAND(aerongo_async_remove_, AERONGO_KIND, )
#define AERONGO_FN(name) AERONGO_EXPAND(aerongo_, AERONGO_KIND, _##name)
#define AERONGO_ADD(suffix) AERONGO_EXPAND(aerongo_async_add_, AERONGO_KIND, suffix)

aerongo_result_t AERONGO_ADD()(aeron_t *client, const char *uri, int32_t stream_id)
{
    AERON_ADD(_t) *async = NULL;

    aeron_err_clear();
    if (AERON_ADD()(&async, client, uri, stream_id) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(async);
}

/* ptr is NULL while the driver has not answered. Success and failure both end the life of async. */
aerongo_result_t AERONGO_ADD(_poll)(AERON_ADD(_t) *async)
{
    AERON_FN(t) *publication = NULL;

    aeron_err_clear();
    if (AERON_ADD(_poll)(&publication, async) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(publication);
}

/* Of an add that is given up, answered or not: where cancel needs the add itself, which a poll may have ended. */
aerongo_result_t AERONGO_REMOVE(aeron_t *client, int64_t registration_id)
{
    aeron_err_clear();
    return aerongo_command_status(AERON_REMOVE(registration_id, client, NULL, NULL));
}

/* Of an add that was not polled to its end; it is gone when this succeeds. */
aerongo_result_t AERONGO_ADD(_cancel)(aeron_t *client, AERON_ADD(_t) *async)
{
    aeron_err_clear();
    return aerongo_status(AERON_ADD(_cancel)(client, async));
}

aerongo_result_t AERONGO_FN(constants)(
    AERON_FN(t) *publication, aerongo_publication_info_t *info)
{
    aeron_publication_constants_t constants;

    aeron_err_clear();
    if (AERON_FN(constants)(publication, &constants) < 0)
    {
        return aerongo_failure();
    }

    info->registration_id = constants.registration_id;
    info->original_registration_id = constants.original_registration_id;
    info->max_possible_position = constants.max_possible_position;
    info->max_message_length = (int64_t)constants.max_message_length;
    info->max_payload_length = (int64_t)constants.max_payload_length;
    info->term_buffer_length = (int64_t)constants.term_buffer_length;
    info->position_bits_to_shift = (int64_t)constants.position_bits_to_shift;
    info->initial_term_id = constants.initial_term_id;
    info->session_id = constants.session_id;
    info->stream_id = constants.stream_id;
    info->position_limit_counter_id = constants.publication_limit_counter_id;
    info->channel_status_indicator_id = constants.channel_status_indicator_id;

    return aerongo_value(0);
}

aerongo_offer_t AERONGO_FN(offer)(
    AERON_FN(t) *publication, const uint8_t *buffer, size_t length)
{
    return aerongo_offered(
        AERON_FN(offer)(publication, NULL == buffer ? aerongo_nothing : buffer, length, NULL, NULL));
}

aerongo_offer_t AERONGO_FN(offer_reserved)(
    AERON_FN(t) *publication, const uint8_t *buffer, size_t length, int64_t reserved)
{
    return aerongo_offered(AERON_FN(offer)(
        publication, NULL == buffer ? aerongo_nothing : buffer, length, aerongo_reserved_value, &reserved));
}

aerongo_offer_t AERONGO_FN(offerv)(
    AERON_FN(t) *publication, aeron_iovec_t *parts, size_t count, int64_t reserved)
{
    return aerongo_offered(AERON_FN(offerv)(publication, parts, count, aerongo_reserved_value, &reserved));
}

aerongo_claim_t AERONGO_FN(try_claim)(
    AERON_FN(t) *publication, size_t length)
{
    aeron_buffer_claim_t claim = { 0 };
    aerongo_offer_t offer = aerongo_offered(AERON_FN(try_claim)(publication, length, &claim));
    aerongo_claim_t result = { .value = offer.value, .text = offer.text, .code = offer.code };

    if (result.value >= 0)
    {
        result.frame = claim.frame_header;
        result.data = claim.data;
    }

    return result;
}

bool AERONGO_FN(is_connected)(AERON_FN(t) *publication)
{
    return AERON_FN(is_connected)(publication);
}

int64_t AERONGO_FN(position)(AERON_FN(t) *publication)
{
    return AERON_FN(position)(publication);
}

int64_t AERONGO_FN(position_limit)(AERON_FN(t) *publication)
{
    return AERON_FN(position_limit)(publication);
}

int64_t AERONGO_FN(channel_status)(AERON_FN(t) *publication)
{
    return AERON_FN(channel_status)(publication);
}

bool AERONGO_FN(is_closed)(AERON_FN(t) *publication)
{
    return AERON_FN(is_closed)(publication);
}

aerongo_result_t AERONGO_FN(close)(
    AERON_FN(t) *publication, aerongo_listener_t *listener)
{
    aeron_err_clear();
    return aerongo_command_status(AERON_FN(close)(publication, aerongo_on_close_complete, listener));
}

void AERONGO_FN(abandon_mapping)(AERON_FN(t) *publication)
{
    publication->log_buffer->mapped_raw_log.mapped_file.addr = NULL;
}

void AERONGO_FN(log)(AERON_FN(t) *publication, aerongo_log_t *log)
{
    aeron_mapped_raw_log_t *raw = &publication->log_buffer->mapped_raw_log;
    uint8_t *metadata = (uint8_t *)publication->log_meta_data;

    for (size_t i = 0; i < AERON_LOGBUFFER_PARTITION_COUNT; i++)
    {
        log->terms[i] = raw->term_buffers[i].addr;
    }
    log->tails = (int64_t *)(metadata + offsetof(aeron_logbuffer_metadata_t, term_tail_counters));
    log->active_term_count = (int32_t *)(metadata + offsetof(aeron_logbuffer_metadata_t, active_term_count));
    log->is_connected = (int32_t *)(metadata + offsetof(aeron_logbuffer_metadata_t, is_connected));
    log->position_limit = (int64_t *)publication->position_limit;
    log->is_closed = &publication->is_closed;
    log->term_length = (int32_t)raw->term_length;
    log->mtu_length = publication->log_meta_data->mtu_length;
}

aerongo_result_t AERONGO_FN(local_sockaddrs)(AERON_FN(t) *publication, aeron_iovec_t *addresses, size_t count)
{
    aeron_err_clear();
    return aerongo_status(AERON_FN(local_sockaddrs)(publication, addresses, count));
}

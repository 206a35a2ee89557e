#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "aeron_network_publication.h"
#include "concurrent/aeron_logbuffer_descriptor.h"
#include "protocol/aeron_udp_protocol.h"

#include "aerongo_answers.h"
#include "aerongo_datagram.h"

/*
 * How many errors of receivers the driver may hear of in an interval. It tells every client of each, in about 1,100 bytes: what it says in
 * the ten seconds that a client may be silent for must fit into the clients' ring of 1 MiB, or a client that has stood still loses the
 * driver. A receiver that has rejected an image says so again and again, so that what is not heard now is heard later.
 */
#define AERONGO_ERRORS (8)

/* Whether the driver does nothing, since it has sent what lies there a moment ago, or is about to: asked in its own way. */
static bool aerongo_is_being_retransmitted(const aeron_retransmit_handler_t *handler, const aeron_nak_header_t *nak)
{
    if (0 == handler->active_retransmit_count)
    {
        return false;
    }

    for (size_t i = 0; i < handler->max_retransmits; i++)
    {
        const aeron_retransmit_action_t *action = &handler->retransmit_action_pool[i];

        if (AERON_RETRANSMIT_ACTION_STATE_INACTIVE != action->state &&
            action->term_id == nak->term_id &&
            action->term_offset <= nak->term_offset &&
            nak->term_offset < action->term_offset + (int32_t)action->length)
        {
            return true;
        }
    }

    return false;
}

/*
 * A request for retransmission names a place in the log, and the driver sends what it finds there, by the lengths that it finds:
 * there must be frames, one after the other, and not the inside of one.
 */
static bool aerongo_may_retransmit(const aeron_network_publication_t *publication, const aeron_nak_header_t *nak)
{
    const int64_t term_length = (int64_t)publication->term_length_mask + 1;

    if (aeron_sub_wrap_i32(nak->term_id, publication->initial_term_id) < 0 ||
        (int64_t)nak->term_offset + nak->length > term_length)
    {
        return false;
    }

    const int64_t position = aeron_logbuffer_compute_position(
        nak->term_id, nak->term_offset, publication->position_bits_to_shift, publication->initial_term_id);
    const int64_t sent = *publication->snd_pos_position.value_addr;
    const int64_t bottom = sent - term_length / 2 - (int64_t)aeron_compute_max_message_length((size_t)term_length);

    if (position < bottom)
    {
        return true; /* the driver sends nothing */
    }

    if (position >= sent)
    {
        /* Nor does it here, unless it waits: that may be the inside of a frame by the time that it comes to it. */
        return 0 == publication->retransmit_handler.delay_timeout_ns;
    }

    if (aerongo_is_being_retransmitted(&publication->retransmit_handler, nak))
    {
        return true;
    }

    const size_t index = aeron_logbuffer_index_by_position(position, publication->position_bits_to_shift);
    const uint8_t *term_buffer = publication->mapped_raw_log->term_buffers[index].addr;
    const int64_t sent_offset = sent - (position - nak->term_offset);
    const int64_t end = sent_offset < term_length ? sent_offset : term_length; /* where a frame ends */
    int64_t offset = nak->term_offset;
    /* The driver's own limit: what is asked for beyond it is not sent, and not looked at. */
    int64_t limit = offset + (int64_t)publication->flow_control->max_retransmission_length(
        publication->flow_control->state, (size_t)offset, (size_t)nak->length, (size_t)term_length, publication->mtu_length);

    while (offset < limit && offset < end)
    {
        const aeron_data_header_t *frame = (const aeron_data_header_t *)(term_buffer + offset);
        int32_t frame_length;
        AERON_GET_ACQUIRE(frame_length, frame->frame_header.frame_length);

        if (frame_length <= 0)
        {
            break; /* not written yet, or cleaned: the driver stops here */
        }

        if (frame_length < (int32_t)AERON_DATA_HEADER_LENGTH ||
            offset + aerongo_aligned(frame_length) > end ||
            frame->term_offset != (int32_t)offset ||
            frame->term_id != nak->term_id ||
            frame->session_id != publication->session_id ||
            frame->stream_id != publication->stream_id)
        {
            return false;
        }

        if (AERON_HDR_TYPE_PAD == frame->frame_header.type)
        {
            limit = end; /* behind padding the driver goes on, however much was asked for */
        }

        offset += aerongo_aligned(frame_length);
    }

    return true;
}

/* The driver tells its clients of the error of a receiver that it has heard of before, and forgets that receiver. */
static bool aerongo_may_tell(aerongo_answers_t *answers, aeron_network_publication_t *publication, const aeron_error_header_t *error)
{
    aeron_int64_counter_map_t *receivers = &publication->receiver_liveness_tracker;

    return receivers->initial_value == aeron_int64_counter_map_get(receivers, error->receiver_id) ||
        aerongo_allowance_take(&answers->errors, AERONGO_ERRORS, aeron_clock_cached_nano_time(publication->cached_clock));
}

aerongo_verdict_t aerongo_answers_judge(
    aerongo_answers_t *answers, aeron_send_channel_endpoint_t *endpoint, const uint8_t *buffer)
{
    const aeron_nak_header_t *header = (const aeron_nak_header_t *)buffer; /* all control frames begin with session and stream */
    const int16_t type = header->frame_header.type;

    if (AERON_HDR_TYPE_NAK != type && AERON_HDR_TYPE_SM != type && AERON_HDR_TYPE_ERR != type)
    {
        return AERONGO_ACCEPTED;
    }

    aeron_network_publication_t *publication = (aeron_network_publication_t *)aeron_int64_to_ptr_hash_map_get(
        &endpoint->publication_dispatch_map, aeron_map_compound_key(header->stream_id, header->session_id));

    if (NULL == publication)
    {
        return AERONGO_ACCEPTED;
    }

    if (AERON_HDR_TYPE_NAK == type)
    {
        return aerongo_may_retransmit(publication, header) ? AERONGO_ACCEPTED : AERONGO_REJECTED;
    }

    if (AERON_HDR_TYPE_ERR == type)
    {
        return aerongo_may_tell(answers, publication, (const aeron_error_header_t *)buffer) ? AERONGO_ACCEPTED : AERONGO_IGNORED;
    }

    const aeron_status_message_header_t *sm = (const aeron_status_message_header_t *)buffer;
    const bool asks_for_setup = 0 != (sm->frame_header.flags & AERON_STATUS_MESSAGE_HEADER_SEND_SETUP_FLAG);

    return asks_for_setup || aeron_sub_wrap_i32(sm->consumption_term_id, publication->initial_term_id) >= 0 ?
        AERONGO_ACCEPTED : AERONGO_REJECTED;
}

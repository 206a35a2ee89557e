#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include <string.h>

#include "aeron_driver_common.h"
#include "protocol/aeron_udp_protocol.h"
#include "util/aeron_netutil.h"

#include "aerongo_datagram.h"

static bool aerongo_is_term_offset(int64_t offset, int64_t term_length)
{
    return offset >= 0 && offset < term_length && AERON_IS_ALIGNED(offset, AERON_FRAME_ALIGNMENT);
}

static bool aerongo_is_setup_well_formed(const aeron_setup_header_t *setup, size_t length)
{
    return length >= sizeof(aeron_setup_header_t) &&
        setup->frame_header.frame_length >= (int32_t)sizeof(aeron_setup_header_t) &&
        setup->term_length >= AERON_LOGBUFFER_TERM_MIN_LENGTH &&
        setup->term_length <= AERON_LOGBUFFER_TERM_MAX_LENGTH &&
        AERON_IS_POWER_OF_TWO((uint32_t)setup->term_length) &&
        aerongo_is_term_offset(setup->term_offset, setup->term_length) &&
        /* A position before the beginning: C's poll takes a buffer before its array. */
        aeron_sub_wrap_i32(setup->active_term_id, setup->initial_term_id) >= 0 &&
        setup->mtu > (int32_t)AERON_DATA_HEADER_LENGTH &&
        setup->mtu <= (int32_t)AERON_MAX_UDP_PAYLOAD_LENGTH &&
        AERON_IS_ALIGNED(setup->mtu, AERON_FRAME_ALIGNMENT);
}

/*
 * Well formed are a heartbeat, which fills nothing, and a chain of whole frames of one stream and term that follow each other. Of
 * padding only the header is sent, and it ends the chain.
 *
 * This runs for every frame that a driver receives. A frame mostly is as long as the one before it: as long as that is a branch, the
 * processor need not wait for a length to know where the next one lies. The comparisons are one branch for the same reason.
 */
static bool aerongo_is_chain_well_formed(const uint8_t *buffer, size_t length, aerongo_chain_t *chain)
{
    const aeron_data_header_t *first = (const aeron_data_header_t *)buffer;

    if (length < AERON_DATA_HEADER_LENGTH || !AERON_IS_ALIGNED(length, AERON_FRAME_ALIGNMENT) ||
        length > AERONGO_CHAIN_WORDS * 64 * AERON_FRAME_ALIGNMENT ||
        !aerongo_is_term_offset(first->term_offset, AERON_LOGBUFFER_TERM_MAX_LENGTH))
    {
        return false;
    }

    if (AERON_DATA_HEADER_LENGTH == length && 0 == first->frame_header.frame_length)
    {
        chain->filled = 0;
        return true;
    }

    const int32_t first_offset = first->term_offset;
    size_t at = 0;
    int32_t frame_length = (int32_t)AERON_DATA_HEADER_LENGTH;
    int64_t taken = aerongo_aligned(frame_length);
    size_t word = 0;
    uint64_t begins = 0;

    while (at < length)
    {
        const aeron_data_header_t *frame = (const aeron_data_header_t *)(buffer + at);
        const size_t left = length - at;
        const size_t slot = at / AERON_FRAME_ALIGNMENT;

        if (frame->frame_header.frame_length != frame_length)
        {
            frame_length = frame->frame_header.frame_length;
            if (frame_length < (int32_t)AERON_DATA_HEADER_LENGTH)
            {
                return false;
            }

            taken = aerongo_aligned(frame_length);
        }

        if (0 != ((frame->frame_header.version ^ AERON_FRAME_HEADER_VERSION) |
            (frame->term_offset ^ (first_offset + (int32_t)at)) |
            (frame->term_id ^ first->term_id) |
            (frame->session_id ^ first->session_id) |
            (frame->stream_id ^ first->stream_id)))
        {
            return false;
        }

        if (AERON_HDR_TYPE_PAD == frame->frame_header.type)
        {
            if (taken > (int64_t)left && AERON_DATA_HEADER_LENGTH != left)
            {
                return false;
            }
        }
        else if (AERON_HDR_TYPE_DATA != frame->frame_header.type || taken > (int64_t)left)
        {
            return false;
        }

        for (; word < slot / 64; word++)
        {
            chain->begins[word] = begins;
            begins = 0;
        }

        begins |= UINT64_C(1) << (slot % 64);
        at += (size_t)taken;
    }

    chain->begins[word] = begins;
    for (word++; word < aerongo_chain_words(length); word++)
    {
        chain->begins[word] = 0;
    }

    chain->filled = (int64_t)at;

    return first_offset + chain->filled <= AERON_LOGBUFFER_TERM_MAX_LENGTH;
}

/* Names and addresses for the resolver of drivers: upstream holds each entry against the datagram, not against what is left of it. */
static bool aerongo_is_resolution_well_formed(const uint8_t *buffer, size_t length)
{
    size_t at = AERON_FRAME_HEADER_LENGTH;

    while (at < length)
    {
        const size_t left = length - at;
        const aeron_resolution_header_t *entry = (const aeron_resolution_header_t *)(buffer + at);
        const size_t header_length =
            left < sizeof(aeron_resolution_header_t) ? 0 :
            AERON_RES_HEADER_TYPE_NAME_TO_IP4_MD == entry->res_type ? sizeof(aeron_resolution_header_ipv4_t) :
            AERON_RES_HEADER_TYPE_NAME_TO_IP6_MD == entry->res_type ? sizeof(aeron_resolution_header_ipv6_t) : 0;
        int16_t name_length;

        if (0 == header_length || left < header_length)
        {
            return false;
        }

        /* The name's length is the last field of both headers, and may be unaligned. */
        memcpy(&name_length, buffer + at + header_length - sizeof(name_length), sizeof(name_length));
        if (name_length <= 0 || name_length >= AERON_MAX_HOSTNAME_LEN)
        {
            return false;
        }

        const size_t entry_length = AERON_ALIGN(header_length + (size_t)name_length, sizeof(int64_t));
        if (entry_length > left)
        {
            return false;
        }

        at += entry_length;
    }

    return length > AERON_FRAME_HEADER_LENGTH;
}

static bool aerongo_is_nak_well_formed(const aeron_nak_header_t *nak)
{
    return aerongo_is_term_offset(nak->term_offset, AERON_LOGBUFFER_TERM_MAX_LENGTH) && nak->length >= 0 &&
        (int64_t)nak->term_offset + nak->length <= AERON_LOGBUFFER_TERM_MAX_LENGTH;
}

static bool aerongo_is_error_well_formed(const aeron_error_header_t *error)
{
    return error->error_length >= 0 && error->error_length <= AERON_ERROR_MAX_TEXT_LENGTH &&
        error->error_length + (int64_t)sizeof(aeron_error_header_t) <= error->frame_header.frame_length;
}

bool aerongo_datagram_is_data(const uint8_t *buffer)
{
    const int16_t type = ((const aeron_frame_header_t *)buffer)->type;

    return AERON_HDR_TYPE_DATA == type || AERON_HDR_TYPE_PAD == type;
}

bool aerongo_datagram_look_at(const uint8_t *buffer, size_t length, aerongo_chain_t *chain)
{
    const aeron_frame_header_t *header = (const aeron_frame_header_t *)buffer;

    if (length < AERON_FRAME_HEADER_LENGTH || AERON_FRAME_HEADER_VERSION != header->version || header->frame_length < 0)
    {
        return false;
    }

    switch (header->type)
    {
        case AERON_HDR_TYPE_PAD:
        case AERON_HDR_TYPE_DATA:
            return aerongo_is_chain_well_formed(buffer, length, chain);

        case AERON_HDR_TYPE_SETUP:
            return aerongo_is_setup_well_formed((const aeron_setup_header_t *)buffer, length);

        default:
            break;
    }

    const size_t frame_length = (size_t)header->frame_length;
    if (frame_length > length)
    {
        return false;
    }

    switch (header->type)
    {
        case AERON_HDR_TYPE_NAK:
            return frame_length >= sizeof(aeron_nak_header_t) &&
                aerongo_is_nak_well_formed((const aeron_nak_header_t *)buffer);

        case AERON_HDR_TYPE_SM:
            return frame_length >= sizeof(aeron_status_message_header_t) &&
                ((const aeron_status_message_header_t *)buffer)->receiver_window >= 0 &&
                aerongo_is_term_offset(
                    ((const aeron_status_message_header_t *)buffer)->consumption_term_offset,
                    AERON_LOGBUFFER_TERM_MAX_LENGTH);

        case AERON_HDR_TYPE_ERR:
            return frame_length >= sizeof(aeron_error_header_t) &&
                aerongo_is_error_well_formed((const aeron_error_header_t *)buffer);

        case AERON_HDR_TYPE_RTTM:
            return frame_length >= sizeof(aeron_rttm_header_t);

        case AERON_HDR_TYPE_RSP_SETUP:
            return frame_length >= sizeof(aeron_response_setup_header_t);

        case AERON_HDR_TYPE_RES:
            return aerongo_is_resolution_well_formed(buffer, length);

        default:
            return false;
    }
}

#include <errno.h>
#include <string.h>

#include <protocol/aeron_udp_protocol.h>
#include <util/aeron_bitutil.h>
#include <util/aeron_error.h>

#include "peer.h"

enum
{
    frames_per_block = 4
};

static int outcome(int64_t position)
{
    if (position >= 0)
    {
        return 1;
    }
    switch (position)
    {
        case AERON_PUBLICATION_NOT_CONNECTED:
        case AERON_PUBLICATION_BACK_PRESSURED:
        case AERON_PUBLICATION_ADMIN_ACTION:
            return 0;
        case AERON_PUBLICATION_CLOSED:
        case AERON_PUBLICATION_MAX_POSITION_EXCEEDED:
            AERON_SET_ERR(EINVAL, "position %lld", (long long)position);
            return -1;
        default:
            return -1;
    }
}

static int64_t offer(thing_t *p, const uint8_t *message, size_t length)
{
    static const uint8_t nothing[1];
    if (0 == length)
    {
        message = nothing; /* C refuses NULL */
    }
    return NULL != p->shared ? aeron_publication_offer(p->shared, message, length, NULL, NULL) :
        aeron_exclusive_publication_offer(p->exclusive, message, length, NULL, NULL);
}

static int64_t vectored(thing_t *p, const uint8_t *message, size_t length)
{
    aeron_iovec_t parts[3];
    size_t third = length / 3;
    for (size_t i = 0; i < 3; i++)
    {
        parts[i].iov_base = (uint8_t *)message + i * third;
        parts[i].iov_len = 2 == i ? length - 2 * third : third;
    }
    return NULL != p->shared ? aeron_publication_offerv(p->shared, parts, 3, NULL, NULL) :
        aeron_exclusive_publication_offerv(p->exclusive, parts, 3, NULL, NULL);
}

static int64_t claim(thing_t *p, const uint8_t *message, size_t length)
{
    aeron_buffer_claim_t claimed;
    int64_t position = NULL != p->shared ? aeron_publication_try_claim(p->shared, length, &claimed) :
        aeron_exclusive_publication_try_claim(p->exclusive, length, &claimed);
    if (position >= 0)
    {
        memcpy(claimed.data, message, length);
        aeron_buffer_claim_commit(&claimed);
    }
    return position;
}

/* Gives the frames their place in the log and offers them. Where the term has no room for all, the messages go one by one. */
static int offer_block(thing_t *p)
{
    aeron_publication_constants_t constants;
    if (aeron_exclusive_publication_constants(p->exclusive, &constants) < 0)
    {
        return -1;
    }
    int64_t position = aeron_exclusive_publication_position(p->exclusive);
    if (position < 0)
    {
        return -1;
    }
    int32_t offset = (int32_t)(position & (int64_t)(constants.term_buffer_length - 1));
    if (offset + p->block_length > constants.term_buffer_length)
    {
        while (p->block_length > 0)
        {
            aeron_data_header_t *header = (aeron_data_header_t *)p->block;
            size_t frame = AERON_ALIGN((size_t)header->frame_header.frame_length, 32);
            int sent = outcome(offer(p, p->block + sizeof(*header), (size_t)header->frame_header.frame_length - sizeof(*header)));
            if (sent <= 0)
            {
                return sent;
            }
            p->block_length -= frame;
            memmove(p->block, p->block + frame, p->block_length);
        }
        p->blocked = 0;
        return 1;
    }
    for (size_t at = 0; at < p->block_length;)
    {
        aeron_data_header_t *header = (aeron_data_header_t *)(p->block + at);
        header->frame_header.version = AERON_FRAME_HEADER_VERSION;
        header->frame_header.flags = AERON_DATA_HEADER_UNFRAGMENTED;
        header->frame_header.type = AERON_HDR_TYPE_DATA;
        header->term_offset = offset + (int32_t)at;
        header->session_id = constants.session_id;
        header->stream_id = constants.stream_id;
        header->term_id = constants.initial_term_id + (int32_t)(position >> constants.position_bits_to_shift);
        header->reserved_value = 0;
        at += AERON_ALIGN((size_t)header->frame_header.frame_length, 32);
    }
    int sent = outcome(aeron_exclusive_publication_offer_block(p->exclusive, p->block, p->block_length));
    if (sent > 0)
    {
        p->block_length = 0;
        p->blocked = 0;
    }
    return sent;
}

static int block(thing_t *p, const uint8_t *message, size_t length)
{
    if (NULL == p->exclusive)
    {
        AERON_SET_ERR(EINVAL, "%s", "blocks are for exclusive publications");
        return -1;
    }
    if (frames_per_block == p->blocked)
    {
        int sent = offer_block(p);
        if (sent <= 0)
        {
            return sent;
        }
    }
    aeron_data_header_t *header = (aeron_data_header_t *)(p->block + p->block_length);
    header->frame_header.frame_length = (int32_t)(sizeof(*header) + length);
    memcpy(header + 1, message, length);
    p->block_length += AERON_ALIGN(sizeof(*header) + length, 32);
    p->blocked++;
    return 1;
}

int send_rest(thing_t *p)
{
    return 0 == p->blocked ? 1 : offer_block(p);
}

int send_message(thing_t *p, const char *method, const uint8_t *message, size_t length)
{
    if (0 == strcmp(method, "offer"))
    {
        return outcome(offer(p, message, length));
    }
    if (0 == strcmp(method, "vectored"))
    {
        return outcome(vectored(p, message, length));
    }
    if (0 == strcmp(method, "claim"))
    {
        return outcome(claim(p, message, length));
    }
    if (0 == strcmp(method, "block"))
    {
        return block(p, message, length);
    }
    AERON_SET_ERR(EINVAL, "no method %s", method);
    return -1;
}

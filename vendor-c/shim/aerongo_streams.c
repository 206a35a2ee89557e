#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "aeron_alloc.h"
#include "concurrent/aeron_logbuffer_descriptor.h"
#include "protocol/aeron_udp_protocol.h"
#include "util/aeron_error.h"

#include "aerongo_allowance.h"
#include "aerongo_datagram.h"
#include "aerongo_slots.h"
#include "aerongo_streams.h"

/* One per image: which parts of the term that is being received hold a frame, and where frames begin. */
typedef struct aerongo_guarded_image_stct
{
    int64_t registration_id;
    int64_t high;   /* nothing is known of what lies at this position and beyond */
    int64_t walked; /* of an unreliable stream: frames before this position follow each other without a gap */
    size_t slots;
    uint64_t *covered;
    uint64_t *begins;
    uint64_t words[];
}
aerongo_guarded_image_t;

/* How many images may be on their way at a time. A sender repeats its SETUP every 100 ms, so that all are heard in the end. */
#define AERONGO_NEW_SESSIONS (128)
/* How many unknown sessions may be asked for a SETUP in an interval. With those that begin at a time, a thousand are heard within a second. */
#define AERONGO_ASKED_SESSIONS (128)
/* An image that has not come by then has failed. */
#define AERONGO_NEW_SESSION_TIMEOUT_NS (INT64_C(1000) * 1000 * 1000)

typedef struct aerongo_new_session_stct
{
    int32_t stream_id;
    int32_t session_id;
    int64_t deadline_ns;
}
aerongo_new_session_t;

/* One per endpoint that unknown sessions have come to: a flood at one port does not keep them out at another. */
typedef struct aerongo_newcomers_stct
{
    aerongo_new_session_t sessions[AERONGO_NEW_SESSIONS];
    size_t length;
    aerongo_allowance_t asked;
}
aerongo_newcomers_t;

int aerongo_streams_init(aerongo_streams_t *streams)
{
    if (aeron_int64_to_ptr_hash_map_init(&streams->images, 16, AERON_MAP_DEFAULT_LOAD_FACTOR) < 0)
    {
        return -1;
    }

    if (aeron_int64_to_ptr_hash_map_init(&streams->newcomers, 16, AERON_MAP_DEFAULT_LOAD_FACTOR) < 0)
    {
        aeron_int64_to_ptr_hash_map_delete(&streams->images);
        return -1;
    }

    return 0;
}

static void aerongo_free_value(void *clientd, int64_t key, void *value)
{
    (void)clientd;
    (void)key;
    aeron_free(value);
}

void aerongo_streams_close(aerongo_streams_t *streams)
{
    aeron_int64_to_ptr_hash_map_for_each(&streams->images, aerongo_free_value, NULL);
    aeron_int64_to_ptr_hash_map_delete(&streams->images);
    aeron_int64_to_ptr_hash_map_for_each(&streams->newcomers, aerongo_free_value, NULL);
    aeron_int64_to_ptr_hash_map_delete(&streams->newcomers);
}

/* ---- The receiver: where frames lie ------------------------------------------------------------------------------------- */

/*
 * The driver says so once for each destination of the subscription. Where somebody has removed them all before the image ends, what is known of it
 * stays until another image has its address, or the driver closes.
 */
void aerongo_streams_on_image_removed(aerongo_streams_t *streams, const aeron_publication_image_t *image)
{
    aeron_free(aeron_int64_to_ptr_hash_map_remove(&streams->images, (int64_t)(intptr_t)image));
}

/* What is known of an image; made at its first frame. NULL if there is no memory. */
static aerongo_guarded_image_t *aerongo_guarded_image(
    aerongo_streams_t *streams, aeron_publication_image_t *image, int64_t position)
{
    const int64_t key = (int64_t)(intptr_t)image;
    const int64_t registration_id = image->conductor_fields.managed_resource.registration_id;
    aerongo_guarded_image_t *guarded = (aerongo_guarded_image_t *)aeron_int64_to_ptr_hash_map_get(&streams->images, key);

    if (NULL != guarded)
    {
        if (registration_id == guarded->registration_id)
        {
            return guarded;
        }

        aerongo_streams_on_image_removed(streams, image); /* another image has its address */
    }

    const size_t slots = (size_t)image->term_length / AERON_FRAME_ALIGNMENT;
    const size_t words = slots / 64;

    if (aeron_alloc((void **)&guarded, sizeof(aerongo_guarded_image_t) + 2 * words * sizeof(uint64_t)) < 0)
    {
        aeron_err_clear();
        return NULL;
    }

    guarded->registration_id = registration_id;
    guarded->high = position;
    guarded->walked = 0;
    guarded->slots = slots;
    guarded->covered = guarded->words;
    guarded->begins = guarded->words + words;

    if (aeron_int64_to_ptr_hash_map_put(&streams->images, key, guarded) < 0)
    {
        aeron_err_clear();
        aeron_free(guarded);
        return NULL;
    }

    return guarded;
}

/*
 * The maps hold one term's worth of positions: what comes newly into them has taken the place of what was received long ago. The slot
 * behind the end is emptied too, since whether a frame begins there is asked for the last frame, should it come again.
 */
static void aerongo_advance(aerongo_guarded_image_t *guarded, int64_t end)
{
    if (end <= guarded->high)
    {
        return;
    }

    const int64_t term_length = (int64_t)(guarded->slots * AERON_FRAME_ALIGNMENT);
    size_t from = (size_t)(guarded->high & (term_length - 1)) / AERON_FRAME_ALIGNMENT;
    size_t count = end - guarded->high >= term_length ? guarded->slots : (size_t)(end - guarded->high) / AERON_FRAME_ALIGNMENT + 1;

    while (count > 0)
    {
        const size_t here = count < guarded->slots - from ? count : guarded->slots - from;

        aerongo_slots_clear(guarded->covered, from, from + here);
        aerongo_slots_clear(guarded->begins, from, from + here);
        count -= here;
        from = 0;
    }

    guarded->high = end;
}

static volatile int32_t *aerongo_frame_length_at(aeron_publication_image_t *image, int64_t position)
{
    const size_t index = aeron_logbuffer_index_by_position(position, image->position_bits_to_shift);
    uint8_t *term_buffer = image->mapped_raw_log->term_buffers[index].addr;

    return &((aeron_frame_header_t *)(term_buffer + (position & image->term_length_mask)))->frame_length;
}

/*
 * In an unreliable stream the driver fills gaps with padding of its own, which the maps do not show. Where a frame of [position, end)
 * stands to what follows without a gap from where receiving has come to, of which each frame is walked once: behind it, in it, which comes
 * late and is ignored, or across its end.
 */
static aerongo_verdict_t aerongo_judge_late(
    aerongo_guarded_image_t *guarded, aeron_publication_image_t *image, int64_t position, int64_t end)
{
    const int64_t scanned = *image->rcv_pos_position.value_addr;
    int64_t at = guarded->walked > scanned ? guarded->walked : scanned;

    while (at <= position)
    {
        int32_t frame_length;
        AERON_GET_ACQUIRE(frame_length, *aerongo_frame_length_at(image, at));
        if (frame_length < (int32_t)AERON_DATA_HEADER_LENGTH)
        {
            break;
        }

        at += aerongo_aligned(frame_length);
    }

    guarded->walked = at;

    return position >= at ? AERONGO_ACCEPTED : end <= at ? AERONGO_IGNORED : AERONGO_REJECTED;
}

/* Whether a frame may be put in [from, to): nothing is there, or the very same frame. */
static bool aerongo_fits(const aerongo_guarded_image_t *guarded, size_t from, size_t to)
{
    if (!aerongo_slots_any(guarded->covered, from, to))
    {
        return true;
    }

    return aerongo_slots_any(guarded->begins, from, from + 1) &&
        !aerongo_slots_any(guarded->begins, from + 1, to) &&
        aerongo_slots_all(guarded->covered, from, to) &&
        (to == guarded->slots ||
            !aerongo_slots_any(guarded->covered, to, to + 1) || aerongo_slots_any(guarded->begins, to, to + 1));
}

/* Whether every frame of a chain that begins at a slot fits. */
static bool aerongo_chain_fits(const aerongo_guarded_image_t *guarded, size_t slot, const uint8_t *buffer, size_t length)
{
    for (size_t at = 0; at < length;)
    {
        const size_t frame_length = (size_t)aerongo_aligned(((const aeron_data_header_t *)(buffer + at))->frame_header.frame_length);
        const size_t next = slot + frame_length / AERON_FRAME_ALIGNMENT;

        if (!aerongo_fits(guarded, slot, next))
        {
            return false;
        }

        at += frame_length;
        slot = next;
    }

    return true;
}

/*
 * Frames that overlap others make what walks the term afterwards (the driver's loss detector, every subscriber) take payload for
 * a header, and C does not check what it then finds. So each frame must lie where nothing lies, or exactly where it lay before.
 */
static aerongo_verdict_t aerongo_judge_frames(
    aerongo_streams_t *streams,
    aeron_publication_image_t *image,
    const uint8_t *buffer,
    size_t length,
    const aerongo_chain_t *chain)
{
    const aeron_data_header_t *first = (const aeron_data_header_t *)buffer;
    const int64_t filled = chain->filled;

    if (first->term_offset >= image->term_length || first->term_offset + filled > image->term_length)
    {
        return AERONGO_REJECTED;
    }

    if (0 == filled || aeron_sub_wrap_i32(first->term_id, image->initial_term_id) < 0 || NULL != image->invalidation_reason)
    {
        return AERONGO_ACCEPTED; /* nothing is put into the term */
    }

    const int64_t position = aeron_logbuffer_compute_position(
        first->term_id, first->term_offset, image->position_bits_to_shift, image->initial_term_id);
    const int64_t end = position + filled;

    /* Outside the window, or there already by the driver's own measure: it counts the frame and leaves the term as it is. */
    if (end > image->last_overrun_threshold || position < image->last_sm_position || 0 != *aerongo_frame_length_at(image, position))
    {
        return AERONGO_ACCEPTED;
    }

    aerongo_guarded_image_t *guarded = aerongo_guarded_image(streams, image, position);
    if (NULL == guarded)
    {
        return AERONGO_REJECTED;
    }

    if (!image->conductor_fields.is_reliable)
    {
        const aerongo_verdict_t verdict = aerongo_judge_late(guarded, image, position, end);
        if (AERONGO_ACCEPTED != verdict)
        {
            return verdict;
        }
    }

    aerongo_advance(guarded, end);

    const size_t from = (size_t)first->term_offset / AERON_FRAME_ALIGNMENT;
    const size_t to = from + (size_t)filled / AERON_FRAME_ALIGNMENT;

    if (aerongo_slots_any(guarded->covered, from, to) && !aerongo_chain_fits(guarded, from, buffer, length))
    {
        return AERONGO_REJECTED;
    }

    aerongo_slots_set(guarded->covered, from, to);
    aerongo_slots_add(guarded->begins, from, chain->begins, aerongo_chain_words(length));

    return AERONGO_ACCEPTED;
}

/* ---- The receiver: sessions that strangers make up cost memory and time, so they come in slowly, and never beyond the limit -- */

/* What is known of an endpoint's; made if there is none. NULL if there is no memory. */
static aerongo_newcomers_t *aerongo_newcomers_of(aerongo_streams_t *streams, const aeron_data_packet_dispatcher_t *dispatcher)
{
    const int64_t key = (int64_t)(intptr_t)dispatcher;
    aerongo_newcomers_t *newcomers = (aerongo_newcomers_t *)aeron_int64_to_ptr_hash_map_get(&streams->newcomers, key);

    if (NULL != newcomers)
    {
        return newcomers;
    }

    if (aeron_alloc((void **)&newcomers, sizeof(aerongo_newcomers_t)) < 0)
    {
        aeron_err_clear();
        return NULL;
    }

    if (aeron_int64_to_ptr_hash_map_put(&streams->newcomers, key, newcomers) < 0)
    {
        aeron_err_clear();
        aeron_free(newcomers);
        return NULL;
    }

    return newcomers;
}

/* Of an endpoint with several destinations only one may go: then the others begin anew. */
void aerongo_streams_on_destination_removed(aerongo_streams_t *streams, const aeron_data_packet_dispatcher_t *dispatcher)
{
    aeron_free(aeron_int64_to_ptr_hash_map_remove(&streams->newcomers, (int64_t)(intptr_t)dispatcher));
}

static void aerongo_forget_new_session(aerongo_newcomers_t *newcomers, int32_t stream_id, int32_t session_id, int64_t now_ns)
{
    for (size_t i = newcomers->length; i-- > 0;)
    {
        const aerongo_new_session_t *session = &newcomers->sessions[i];

        if ((stream_id == session->stream_id && session_id == session->session_id) || session->deadline_ns < now_ns)
        {
            newcomers->sessions[i] = newcomers->sessions[--newcomers->length];
        }
    }
}

static bool aerongo_may_begin(
    aerongo_newcomers_t *newcomers, const aeron_setup_header_t *setup, size_t images, size_t limit, int64_t now_ns)
{
    if (images >= limit)
    {
        return true; /* the driver refuses it, and says so */
    }

    aerongo_forget_new_session(newcomers, setup->stream_id, setup->session_id, now_ns);

    for (size_t i = 0; i < newcomers->length; i++)
    {
        images += setup->stream_id == newcomers->sessions[i].stream_id;
    }

    if (images >= limit || AERONGO_NEW_SESSIONS == newcomers->length)
    {
        return false;
    }

    aerongo_new_session_t *session = &newcomers->sessions[newcomers->length++];
    session->stream_id = setup->stream_id;
    session->session_id = setup->session_id;
    session->deadline_ns = now_ns + AERONGO_NEW_SESSION_TIMEOUT_NS;

    return true;
}

void aerongo_streams_on_image_added(aerongo_streams_t *streams, const aeron_publication_image_t *image)
{
    aerongo_newcomers_t *newcomers = NULL == image->endpoint ? NULL : (aerongo_newcomers_t *)aeron_int64_to_ptr_hash_map_get(
        &streams->newcomers, (int64_t)(intptr_t)&image->endpoint->dispatcher);

    if (NULL != newcomers)
    {
        aerongo_forget_new_session(newcomers, image->stream_id, image->session_id, INT64_MIN);
    }
}

/* ---- The verdicts ------------------------------------------------------------------------------------------------------- */

aerongo_verdict_t aerongo_streams_judge_received(
    aerongo_streams_t *streams,
    aeron_receive_channel_endpoint_t *endpoint,
    const uint8_t *buffer,
    size_t length,
    const aerongo_chain_t *chain)
{
    const aeron_data_header_t *header = (const aeron_data_header_t *)buffer; /* a SETUP has session and stream in the same places */
    const bool is_data = aerongo_datagram_is_data(buffer);

    if (!is_data && AERON_HDR_TYPE_SETUP != header->frame_header.type)
    {
        return AERONGO_ACCEPTED;
    }

    aeron_data_packet_dispatcher_t *dispatcher = &endpoint->dispatcher;
    aeron_data_packet_dispatcher_stream_interest_t *interest = (aeron_data_packet_dispatcher_stream_interest_t *)
        aeron_int64_to_ptr_hash_map_get(&dispatcher->session_by_stream_id_map, header->stream_id);

    if (NULL == interest)
    {
        return AERONGO_ACCEPTED; /* the driver has no use for it */
    }

    aeron_publication_image_t *image = (aeron_publication_image_t *)aeron_int64_to_ptr_hash_map_get(
        &interest->image_by_session_id_map, header->session_id);

    if (NULL != image)
    {
        return is_data ? aerongo_judge_frames(streams, image, buffer, length, chain) : AERONGO_ACCEPTED;
    }

    if (!interest->is_all_sessions && NULL == aeron_int64_to_ptr_hash_map_get(&interest->subscribed_sessions, header->session_id))
    {
        return AERONGO_IGNORED;
    }

    const int64_t state = aeron_int64_counter_map_get(&interest->state_by_session_id_map, header->session_id);
    const bool is_unknown = interest->state_by_session_id_map.initial_value == state;
    const bool begins = !is_data && (is_unknown || AERON_DATA_PACKET_DISPATCHER_IMAGE_PENDING_SETUP_FRAME == state);

    if (!begins && !(is_data && is_unknown))
    {
        return AERONGO_ACCEPTED;
    }

    const int64_t now_ns = aeron_clock_cached_nano_time(endpoint->cached_clock);
    aerongo_newcomers_t *newcomers = aerongo_newcomers_of(streams, dispatcher);
    if (NULL == newcomers)
    {
        return AERONGO_IGNORED;
    }

    const bool accepted = is_data ?
        aerongo_allowance_take(&newcomers->asked, AERONGO_ASKED_SESSIONS, now_ns) :
        aerongo_may_begin(
            newcomers,
            (const aeron_setup_header_t *)buffer,
            interest->image_by_session_id_map.size,
            (size_t)dispatcher->stream_session_limit,
            now_ns);

    return accepted ? AERONGO_ACCEPTED : AERONGO_IGNORED;
}

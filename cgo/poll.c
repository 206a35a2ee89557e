/*
 * C's own polls, with a callback into Go per fragment: what Go's walk of the terms is held against. A fragment goes to Go's
 * handler directly or through one of C's assemblers; the two are told apart by a function pointer, as in C.
 */
#include "shim.h"

#include "aeron_image.h"
#include "util/aeron_error.h"

/* Go's handlers: exports.go. */
extern int aerongoOnFragment(void *clientd, uint8_t *buffer, size_t length, void *frame, void *header);
extern void aerongoOnBlock(void *clientd, uint8_t *buffer, size_t length, int32_t session_id, int32_t term_id);

void aerongo_fragment_handler(void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header)
{
    aerongoOnFragment(clientd, (uint8_t *)buffer, length, header->frame, header);
}

aeron_controlled_fragment_handler_action_t aerongo_controlled_fragment_handler(
    void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header)
{
    return (aeron_controlled_fragment_handler_action_t)aerongoOnFragment(
        clientd, (uint8_t *)buffer, length, header->frame, header);
}

static void aerongo_block_handler(
    void *clientd, const uint8_t *buffer, size_t length, int32_t session_id, int32_t term_id)
{
    aerongoOnBlock(clientd, (uint8_t *)buffer, length, session_id, term_id);
}

aerongo_result_t aerongo_subscription_poll(
    aeron_subscription_t *subscription, aeron_fragment_handler_t handler, void *clientd, size_t limit)
{
    aeron_err_clear();
    return aerongo_status(aeron_subscription_poll(subscription, handler, clientd, limit));
}

aerongo_result_t aerongo_subscription_controlled_poll(
    aeron_subscription_t *subscription, aeron_controlled_fragment_handler_t handler, void *clientd, size_t limit)
{
    aeron_err_clear();
    return aerongo_status(aeron_subscription_controlled_poll(subscription, handler, clientd, limit));
}

aerongo_result_t aerongo_subscription_block_poll(aeron_subscription_t *subscription, void *clientd, size_t limit)
{
    aeron_err_clear();
    return aerongo_status(aeron_subscription_block_poll(subscription, aerongo_block_handler, clientd, limit));
}

aerongo_result_t aerongo_image_poll(
    aeron_image_t *image, aeron_fragment_handler_t handler, void *clientd, size_t limit)
{
    aeron_err_clear();
    return aerongo_status(aeron_image_poll(image, handler, clientd, limit));
}

aerongo_result_t aerongo_image_controlled_poll(
    aeron_image_t *image, aeron_controlled_fragment_handler_t handler, void *clientd, size_t limit)
{
    aeron_err_clear();
    return aerongo_status(aeron_image_controlled_poll(image, handler, clientd, limit));
}

aerongo_result_t aerongo_image_bounded_poll(
    aeron_image_t *image, aeron_fragment_handler_t handler, void *clientd, int64_t limit_position, size_t limit)
{
    aeron_err_clear();
    return aerongo_status(aeron_image_bounded_poll(image, handler, clientd, limit_position, limit));
}

aerongo_result_t aerongo_image_bounded_controlled_poll(
    aeron_image_t *image,
    aeron_controlled_fragment_handler_t handler,
    void *clientd,
    int64_t limit_position,
    size_t limit)
{
    aeron_err_clear();
    return aerongo_status(aeron_image_bounded_controlled_poll(image, handler, clientd, limit_position, limit));
}

aerongo_result_t aerongo_image_block_poll(aeron_image_t *image, void *clientd, size_t limit)
{
    aeron_err_clear();
    return aerongo_status(aeron_image_block_poll(image, aerongo_block_handler, clientd, limit));
}

aerongo_result_t aerongo_header_values(aeron_header_t *header, aerongo_header_info_t *info)
{
    aeron_header_values_t values;

    aeron_err_clear();
    if (aeron_header_values(header, &values) < 0)
    {
        return aerongo_failure();
    }

    /* Field by field: the struct is packed in a way that Go cannot read. */
    info->reserved_value = values.frame.reserved_value;
    info->frame_length = values.frame.frame_length;
    info->term_offset = values.frame.term_offset;
    info->session_id = values.frame.session_id;
    info->stream_id = values.frame.stream_id;
    info->term_id = values.frame.term_id;
    info->initial_term_id = values.initial_term_id;
    info->position_bits_to_shift = (int32_t)values.position_bits_to_shift;
    info->type = values.frame.type;
    info->version = (uint8_t)values.frame.version;
    info->flags = values.frame.flags;

    return aerongo_value(0);
}

/*
 * C's own polls and assemblers, the reference that Go's walk of the terms is held against. The last part of shim.h.
 */
#ifndef AERONGO_REFERENCE_H
#define AERONGO_REFERENCE_H

/* ---- poll.c, assembler.c --------------------------------------------------------------------------------------- */

typedef struct aerongo_header_info_stct
{
    int64_t reserved_value;
    int32_t frame_length;
    int32_t term_offset;
    int32_t session_id;
    int32_t stream_id;
    int32_t term_id;
    int32_t initial_term_id;
    int32_t position_bits_to_shift;
    int16_t type;
    uint8_t version;
    uint8_t flags;
}
aerongo_header_info_t;

aerongo_result_t aerongo_header_values(aeron_header_t *header, aerongo_header_info_t *info);

/* Hand a fragment to Go; clientd is the tag of a Poller. What Go answers is nobody's in the first. */
void aerongo_fragment_handler(void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header);
aeron_controlled_fragment_handler_action_t aerongo_controlled_fragment_handler(
    void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header);

aerongo_result_t aerongo_subscription_poll(
    aeron_subscription_t *subscription, aeron_fragment_handler_t handler, void *clientd, size_t limit);
aerongo_result_t aerongo_subscription_controlled_poll(
    aeron_subscription_t *subscription, aeron_controlled_fragment_handler_t handler, void *clientd, size_t limit);
aerongo_result_t aerongo_subscription_block_poll(aeron_subscription_t *subscription, void *clientd, size_t limit);
aerongo_result_t aerongo_image_poll(
    aeron_image_t *image, aeron_fragment_handler_t handler, void *clientd, size_t limit);
aerongo_result_t aerongo_image_controlled_poll(
    aeron_image_t *image, aeron_controlled_fragment_handler_t handler, void *clientd, size_t limit);
aerongo_result_t aerongo_image_bounded_poll(
    aeron_image_t *image, aeron_fragment_handler_t handler, void *clientd, int64_t limit_position, size_t limit);
aerongo_result_t aerongo_image_bounded_controlled_poll(
    aeron_image_t *image,
    aeron_controlled_fragment_handler_t handler,
    void *clientd,
    int64_t limit_position,
    size_t limit);
aerongo_result_t aerongo_image_block_poll(aeron_image_t *image, void *clientd, size_t limit);

aerongo_result_t aerongo_fragment_assembler_create(void *clientd);
aerongo_result_t aerongo_controlled_fragment_assembler_create(void *clientd);
aerongo_result_t aerongo_image_fragment_assembler_create(void *clientd);
aerongo_result_t aerongo_image_controlled_fragment_assembler_create(void *clientd);
aerongo_result_t aerongo_fragment_assembler_delete(aeron_fragment_assembler_t *assembler);
aerongo_result_t aerongo_controlled_fragment_assembler_delete(aeron_controlled_fragment_assembler_t *assembler);
aerongo_result_t aerongo_image_fragment_assembler_delete(aeron_image_fragment_assembler_t *assembler);
aerongo_result_t aerongo_image_controlled_fragment_assembler_delete(
    aeron_image_controlled_fragment_assembler_t *assembler);

aeron_fragment_handler_t aerongo_fragment_assembler_handler(void);
aeron_controlled_fragment_handler_t aerongo_controlled_fragment_assembler_handler(void);
aeron_fragment_handler_t aerongo_image_fragment_assembler_handler(void);
aeron_controlled_fragment_handler_t aerongo_image_controlled_fragment_assembler_handler(void);

#endif

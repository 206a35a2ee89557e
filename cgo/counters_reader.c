/*
 * Reading the counters of a driver, through a client or a CnC file. Aeron trusts the memory that it reads, which belongs to
 * the driver, and checks a counter's id on one side only: both are made up for here.
 */
#include "shim.h"

#include <errno.h>

#include "util/aeron_error.h"

/* Go's handler of a record: exports.go. */
extern void aerongoOnCounter(
    void *clientd, int64_t value, int32_t id, int32_t type_id, uint8_t *key, size_t key_length, char *label, size_t label_length);

aeron_counters_reader_t *aerongo_counters_reader(aeron_t *client)
{
    return aeron_counters_reader(client);
}

static bool aerongo_counter_id_is_known(aeron_counters_reader_t *reader, int32_t counter_id)
{
    return counter_id >= 0 && counter_id <= aeron_counters_reader_max_counter_id(reader);
}

/* Aeron sets no error for these. */
static aerongo_result_t aerongo_unknown_counter(void)
{
    return aerongo_os_failure(EINVAL, "no counter has this id");
}

int64_t *aerongo_counters_reader_addr(aeron_counters_reader_t *reader, int32_t counter_id)
{
    return aerongo_counter_id_is_known(reader, counter_id) ? aeron_counters_reader_addr(reader, counter_id) : NULL;
}

aerongo_result_t aerongo_counters_reader_buffers(
    aeron_counters_reader_t *reader, aeron_counters_reader_buffers_t *buffers)
{
    aeron_err_clear();
    return aerongo_status(aeron_counters_reader_get_buffers(reader, buffers));
}

static void aerongo_counter_record(
    int64_t value,
    int32_t id,
    int32_t type_id,
    const uint8_t *key,
    size_t key_length,
    const char *label,
    size_t label_length,
    void *clientd)
{
    /* The length comes from the driver's memory. */
    if (label_length > AERON_COUNTER_MAX_LABEL_LENGTH)
    {
        label_length = AERON_COUNTER_MAX_LABEL_LENGTH;
    }
    aerongoOnCounter(clientd, value, id, type_id, (uint8_t *)key, key_length, (char *)label, label_length);
}

void aerongo_counters_reader_foreach_counter(aeron_counters_reader_t *reader, void *clientd)
{
    aeron_counters_reader_foreach_counter(reader, aerongo_counter_record, clientd);
}

int32_t aerongo_counters_reader_find(aeron_counters_reader_t *reader, int32_t type_id, int64_t registration_id)
{
    return aeron_counters_reader_find_by_type_id_and_registration_id(reader, type_id, registration_id);
}

int32_t aerongo_counters_reader_max_counter_id(aeron_counters_reader_t *reader)
{
    return aeron_counters_reader_max_counter_id(reader);
}

#define AERONGO_COUNTER_FIELD(name, function, type) \
aerongo_result_t aerongo_counters_reader_##name(aeron_counters_reader_t *reader, int32_t counter_id) \
{ \
    type value = 0; \
    if (!aerongo_counter_id_is_known(reader, counter_id) || function(reader, counter_id, &value) < 0) \
    { \
        return aerongo_unknown_counter(); \
    } \
    return aerongo_value((int64_t)value); \
}

AERONGO_COUNTER_FIELD(registration_id, aeron_counters_reader_counter_registration_id, int64_t)
AERONGO_COUNTER_FIELD(owner_id, aeron_counters_reader_counter_owner_id, int64_t)
AERONGO_COUNTER_FIELD(reference_id, aeron_counters_reader_counter_reference_id, int64_t)
AERONGO_COUNTER_FIELD(state, aeron_counters_reader_counter_state, int32_t)
AERONGO_COUNTER_FIELD(type_id, aeron_counters_reader_counter_type_id, int32_t)
AERONGO_COUNTER_FIELD(free_for_reuse_deadline, aeron_counters_reader_free_for_reuse_deadline_ms, int64_t)

/* ptr is the key, in the driver's memory. */
aerongo_result_t aerongo_counters_reader_key(aeron_counters_reader_t *reader, int32_t counter_id)
{
    uint8_t *key = NULL;

    if (!aerongo_counter_id_is_known(reader, counter_id) ||
        aeron_counters_reader_metadata_key(reader, counter_id, &key) < 0)
    {
        return aerongo_unknown_counter();
    }

    return aerongo_pointer(key);
}

/* value is the length; the text does not end with a NUL. */
aerongo_result_t aerongo_counters_reader_label(
    aeron_counters_reader_t *reader, int32_t counter_id, char *buffer, size_t length)
{
    if (!aerongo_counter_id_is_known(reader, counter_id))
    {
        return aerongo_unknown_counter();
    }

    int label_length = aeron_counters_reader_counter_label(reader, counter_id, buffer, length);
    return label_length < 0 ? aerongo_unknown_counter() : aerongo_value(label_length);
}

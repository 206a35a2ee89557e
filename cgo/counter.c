#include "shim.h"

#include "aeron_counter.h"
#include "util/aeron_error.h"

aerongo_result_t aerongo_async_add_counter(
    aeron_t *client, int32_t type_id, const uint8_t *key, size_t key_length, const char *label, size_t label_length)
{
    aeron_async_add_counter_t *async = NULL;

    aeron_err_clear();
    if (aeron_async_add_counter(&async, client, type_id, key, key_length, label, label_length) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(async);
}

aerongo_result_t aerongo_async_add_static_counter(
    aeron_t *client,
    int32_t type_id,
    const uint8_t *key,
    size_t key_length,
    const char *label,
    size_t label_length,
    int64_t registration_id)
{
    aeron_async_add_counter_t *async = NULL;

    aeron_err_clear();
    if (aeron_async_add_static_counter(
        &async, client, type_id, key, key_length, label, label_length, registration_id) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(async);
}

/* ptr is NULL while the driver has not answered. Success and failure both end the life of async. */
aerongo_result_t aerongo_async_add_counter_poll(aeron_async_add_counter_t *async)
{
    aeron_counter_t *counter = NULL;

    aeron_err_clear();
    if (aeron_async_add_counter_poll(&counter, async) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(counter);
}

aerongo_result_t aerongo_async_add_counter_cancel(aeron_t *client, aeron_async_add_counter_t *async)
{
    aeron_err_clear();
    return aerongo_status(aeron_async_add_counter_cancel(client, async));
}

aerongo_result_t aerongo_async_remove_counter(aeron_t *client, int64_t registration_id)
{
    aeron_err_clear();
    return aerongo_command_status(aeron_async_remove_counter(registration_id, client, NULL, NULL));
}

aerongo_result_t aerongo_counter_constants(aeron_counter_t *counter, aeron_counter_constants_t *constants)
{
    aeron_err_clear();
    return aerongo_status(aeron_counter_constants(counter, constants));
}

int64_t *aerongo_counter_addr(aeron_counter_t *counter)
{
    return aeron_counter_addr(counter);
}

const volatile bool *aerongo_counter_closed(aeron_counter_t *counter)
{
    return &counter->is_closed;
}

bool aerongo_counter_is_closed(aeron_counter_t *counter)
{
    return aeron_counter_is_closed(counter);
}

aerongo_result_t aerongo_counter_close(aeron_counter_t *counter, aerongo_listener_t *listener)
{
    aeron_err_clear();
    return aerongo_command_status(aeron_counter_close(counter, aerongo_on_close_complete, listener));
}
